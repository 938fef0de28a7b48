/** Runs work with the same key one after another, and work with different keys concurrently. */
export interface KeyedMutex {
  /** Runs the work once everything before it with the same key has ended, successfully or not. */
  run<T>(key: string | symbol, work: () => Promise<T>): Promise<T>;
}

export function createKeyedMutex(): KeyedMutex {
  const last = new Map<string | symbol, Promise<unknown>>();
  return {
    async run(key, work) {
      const before = last.get(key);
      const mine = before === undefined ? work() : before.then(work, work);
      last.set(key, mine);
      try {
        return await mine;
      } finally {
        if (last.get(key) === mine) last.delete(key);
      }
    },
  };
}
