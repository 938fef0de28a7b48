/** Lets work on the same thing happen one after another, and work on different things at once. */
export interface NamedTurns {
  /** Waits for those that came before with the same name, whatever became of them. */
  take<T>(name: string | symbol, work: () => Promise<T>): Promise<T>;
}

export function createNamedTurns(): NamedTurns {
  const last = new Map<string | symbol, Promise<unknown>>();
  return {
    async take(name, work) {
      const before = last.get(name);
      const mine = before === undefined ? work() : before.then(work, work);
      last.set(name, mine);
      try {
        return await mine;
      } finally {
        if (last.get(name) === mine) last.delete(name);
      }
    },
  };
}
