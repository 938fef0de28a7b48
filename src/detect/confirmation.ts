import type { Confirm } from '../config/confirm.ts';
import { messageOf } from '../errors.ts';
import { compileCondition } from '../lib/expression.ts';
import type { Json, Unconfirmed, Window } from '../model.ts';
import type { Difference, DifferingRecord } from './difference.ts';

type Unconfirmeds = Readonly<{ [key: string]: Unconfirmed }>;

/** A difference that enough polls have shown, and the window in which it happened. */
export interface Confirmed {
  readonly record: DifferingRecord;
  readonly window: Window;
}

export interface Judgement {
  readonly confirmed: readonly Confirmed[];
  readonly unconfirmed: Unconfirmeds;
  readonly warnings: readonly string[];
}

/** What a poll says about records that it did not show. */
export interface Answer {
  /** The window of a record that differs for the first time. */
  readonly windowOf: (record: DifferingRecord) => Window;
  /** Whether records that it does not show do not exist: it is complete and nothing is in doubt. */
  readonly settled: boolean;
  /** Whether a record that is not shown stays in the snapshot. */
  readonly kept: (key: string) => boolean;
}

/** Decides which differences are reported. */
export type Confirmation = (
  difference: Difference,
  before: Unconfirmeds,
  answer: Answer,
) => Promise<Judgement>;

/**
 * A difference is reported once `confirm` polls in a row have shown the record other than it is stored, even if its
 * value keeps changing. With `when`, only changes that cross the condition, in either direction, need confirmation;
 * if the expression fails, the change is reported at once. A poll that does not show a record neither counts nor
 * starts the count over. Only a record that was never reported is dropped when a trustworthy answer lacks it.
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

  /** Polls that must show this difference to report it. */
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
