import type { SourceConfig } from '../config/document.ts';
import type { Detected } from '../detect/contract.ts';
import { createNoisyFieldHint } from '../detect/hints/noisy-field.ts';
import { createNumbersAsTextHint } from '../detect/hints/numbers-as-text.ts';
import { createMissingFieldsHint } from './hints/missing-fields.ts';
import { createNoNextPageHint } from './hints/no-next-page.ts';
import type { Snapshot } from './snapshot.ts';

/** Finds options that are valid by themselves but do not fit what the source answers. */
export interface Hints {
  /** Warnings after a poll, each given once. */
  after(snapshot: Snapshot, detected: Detected): Promise<string[]>;
}

export function createHints(source: SourceConfig): Hints {
  const noisyField = createNoisyFieldHint();
  const numbersAsText = createNumbersAsTextHint(source.name, source.events);
  const noNextPage = createNoNextPageHint(source.paginate);
  const missingFields = createMissingFieldsHint(source);
  return {
    after: async (snapshot, detected) => [
      ...noisyField.after(detected),
      ...numbersAsText.after(detected.changes),
      ...(await noNextPage.after(snapshot)),
      ...missingFields.after(snapshot.reading),
    ],
  };
}
