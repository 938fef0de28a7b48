import type { SourceConfig } from '../config/document.ts';
import type { SourceState } from '../model.ts';
import { judgeAbsence } from './absence.ts';
import { type ComparisonOptions, comparisonOf } from './comparison.ts';
import type { Doubt, Verdict } from './contract.ts';

/**
 * The held deletions as stored by the last poll, so that a new process need not poll to know them; null if there are
 * none.
 */
export function heldIn(
  source: ComparisonOptions & Pick<SourceConfig, 'deletes'>,
  state: SourceState | null,
  verdict: Verdict | null,
): Doubt | null {
  if (state?.comparison !== comparisonOf(source)) return null;
  const { absent, unconfirmed = {}, records: known } = state;
  const keys = Object.keys(absent);
  // An answer with only new records is not empty.
  const others = Object.values(unconfirmed).filter(({ text }) => text !== null).length;
  // Nothing can vanish in this reading, so the window is irrelevant.
  const window = { after: null, by: Number.NaN };
  const missing = { keys, known, shown: known - keys.length + others, window, complete: true };
  return judgeAbsence(source.deletes, absent, missing, verdict).doubt;
}
