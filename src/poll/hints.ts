import type { SourceConfig } from '../config/document.ts';
import type { Detected } from '../detect/contract.ts';
import { createLetters } from '../detect/letters.ts';
import { createNoise } from '../detect/noise.ts';
import { createSignpost } from './signpost.ts';
import type { Snapshot } from './snapshot.ts';
import { createUnseen } from './unseen.ts';

/** What a poll shows of the configuration: options that are right by themselves, and do not fit what is polled. */
export interface Hints {
  /** What to tell the operator after a poll; each once. */
  after(snapshot: Snapshot, detected: Detected): Promise<string[]>;
}

export function createHints(source: SourceConfig): Hints {
  const noise = createNoise();
  const letters = createLetters(source.name, source.events);
  const signpost = createSignpost(source.paginate);
  const unseen = createUnseen(source);
  return {
    after: async (snapshot, detected) => [
      ...noise.after(detected),
      ...letters.after(detected.changes),
      ...(await signpost.after(snapshot)),
      ...unseen.after(snapshot.reading),
    ],
  };
}
