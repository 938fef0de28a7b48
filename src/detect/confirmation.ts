import type { Confirm } from '../config/confirm.ts';
import { messageOf } from '../errors.ts';
import { compileCondition } from '../lib/expression.ts';
import type { Json, Unconfirmed, Window } from '../model.ts';
import type { Difference, DifferingRecord } from './difference.ts';

type Unconfirmeds = Readonly<{ [key: string]: Unconfirmed }>;

/** A difference that enough polls have shown, and in which window it came to be. */
export interface Confirmed {
  readonly record: DifferingRecord;
  readonly window: Window;
}

export interface Judgement {
  readonly confirmed: readonly Confirmed[];
  readonly unconfirmed: Unconfirmeds;
  readonly warnings: readonly string[];
}

/** How a poll stands to what it did not show. */
export interface Answer {
  /** What a record gets that differs for the first time. */
  readonly windowOf: (record: DifferingRecord) => Window;
  /** Whether what it does not show is not there: it is complete, and nothing of it is in doubt. */
  readonly settled: boolean;
  /** Records that are in the snapshot all the same, as far as they are not shown. */
  readonly kept: (key: string) => boolean;
}

/** Decides which differences are reported. */
export type Confirmation = (
  difference: Difference,
  before: Unconfirmeds,
  answer: Answer,
) => Promise<Judgement>;

/**
 * A difference is reported once `confirm` polls in a row have shown the record other than it is stored, whatever its
 * value is meanwhile: what never rests is reported too. With `when` that counts only for what crosses it, in either
 * direction; what has failed there goes out at once. A poll that does not show a record says nothing about it, like one
 * that failed: it neither counts nor begins anew. Only of a record that was never reported, a trustworthy answer without
 * it is the old state again.
 */
export function createConfirmation({ enter, leave, when }: Confirm): Confirmation {
  const isIn = when === null ? null : compileCondition(when);

  return async ({ records, unshown }, before, { windowOf, settled, kept }) => {
    const confirmed: Confirmed[] = [];
    const unconfirmed: [string, Unconfirmed][] = [];
    const failed: string[] = [];
    for (const record of records) {
      const known = Object.hasOwn(before, record.key) ? before[record.key] : undefined;
      const window = known?.window ?? windowOf(record);
      const polls = (known?.polls ?? 0) + 1;
      if (polls >= (await needed(record, failed))) confirmed.push({ record, window });
      else unconfirmed.push([record.key, { polls, window, text: JSON.stringify(record.value) }]);
    }
    for (const key of unshown) {
      const known = before[key] as Unconfirmed;
      if (kept(key) || !settled) unconfirmed.push([key, { ...known, text: null }]);
    }
    return { confirmed, unconfirmed: Object.fromEntries(unconfirmed), warnings: warningsOf(failed) };
  };

  /** Polls that must show this difference. */
  async function needed(record: DifferingRecord, failed: string[]): Promise<number> {
    if (!isIn) return enter;
    try {
      const was = record.kind === 'updated' && (await isIn(scopeOf(record.previous)));
      const is = await isIn(scopeOf(record.value));
      return was === is ? 1 : is ? enter : leave;
    } catch (error) {
      failed.push(messageOf(error));
      return 1;
    }
  }
}

function scopeOf(input: Json) {
  return { input, variables: {} };
}

function warningsOf(failed: readonly string[]): string[] {
  const [reason] = failed;
  if (reason === undefined) return [];
  const often = failed.length === 1 ? 'once' : `${failed.length} times`;
  return [`\`confirm.when\` failed ${often}, and what it was asked about needs no confirmation: ${reason}`];
}
