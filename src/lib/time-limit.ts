import { createContext, Script } from 'node:vm';

/** What {@link withinTime} gives when the work was stopped. */
export const TIMED_OUT = Symbol('timed out');

const room: { work: (() => unknown) | null } = { work: null };
createContext(room);
const script = new Script('work()');

/**
 * Does synchronous work, and stops it when it takes too long: regular expressions and native loops included, which no
 * check within the work could reach. What the work throws is passed on. Starting the watch costs 0.2 ms.
 *
 * @param limit milliseconds
 */
export function withinTime<T>(limit: number, work: () => T): T | typeof TIMED_OUT {
  room.work = work;
  try {
    return script.runInContext(room, { timeout: limit }) as T;
  } catch (error) {
    // It is made in the other context, and so is no Error of this one.
    if ((error as { readonly code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      return TIMED_OUT;
    throw error;
  } finally {
    room.work = null;
  }
}
