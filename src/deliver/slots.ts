import type { Clock } from '../lib/clock.ts';

/**
 * Milliseconds for which an attempt that has ended waits for others under way, so that they share one durable write,
 * which costs more than an attempt.
 */
const MOMENT = 1;

/** The attempts of one webhook that are under way. */
export interface Slots {
  readonly taken: number;
  take(): void;
  /**
   * An attempt has its answer, and keeps its slot. Resolves when all attempts have theirs, or a moment after the
   * first.
   */
  together(): Promise<void> | null;
  /** An attempt after {@link together} gives its slot back. */
  free(): void;
}

export function createSlots(clock: Clock): Slots {
  let taken = 0;
  let answered = 0;
  let gathering: Promise<void> | null = null;
  let endGathering = () => {};

  function gather(): Promise<void> {
    const over = new AbortController();
    endGathering = () => over.abort();
    return clock.sleep(MOMENT, over.signal).then(() => {
      gathering = null;
    });
  }

  return {
    get taken() {
      return taken;
    },
    take() {
      taken += 1;
    },
    together() {
      answered += 1;
      if (answered === taken) endGathering();
      else gathering ??= gather();
      return gathering;
    },
    free() {
      taken -= 1;
      answered -= 1;
    },
  };
}
