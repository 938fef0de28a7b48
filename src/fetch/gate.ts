import type { SourceConfig } from '../config/document.ts';
import type { Answered } from '../model.ts';

/** Where every request waits until its budget and its host allow it (schedule/gate.ts). */
export interface Gate {
  /**
   * A promise only if there is a wait; it rejects with the reason of the signal once that aborts.
   *
   * @param origin scheme, host and port that the request goes to
   * @param signal null if it is never aborted
   */
  enter(
    source: Pick<SourceConfig, 'name' | 'budget'>,
    origin: string,
    signal: AbortSignal | null,
  ): Permit | Promise<Permit>;
}

/** The right to send one request. */
export interface Permit {
  /** To be called once, with the result of the request. */
  leave(answered: Answered): void;
}

/** A gate without waits, for single polls by hand. */
export const OPEN_GATE: Gate = { enter: () => ({ leave: () => undefined }) };
