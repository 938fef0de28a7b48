import type { SourceConfig } from '../config/document.ts';
import type { Absence, Window } from '../model.ts';
import type { Doubt, Verdict } from './contract.ts';

type Deletes = SourceConfig['deletes'];
type Absences = Readonly<{ [key: string]: Absence }>;

/**
 * With `deletes: false`, milliseconds after which a missing record is forgotten; else a feed would grow without end.
 */
const FORGET_AFTER = 30 * 86_400_000;

/** Keys of held records that are shown. */
const MOST_EXAMPLES = 5;

export interface Judged {
  readonly absent: Absences;
  /** Deletions that are confirmed and believed. */
  readonly deleted: readonly { readonly key: string; readonly window: Window }[];
  /** Dropped from the snapshot without an event. */
  readonly forgotten: readonly string[];
  readonly doubt: Doubt | null;
}

export interface Missing {
  /** Keys of the snapshot that this poll did not show. */
  readonly keys: readonly string[];
  /** Records in the snapshot, and records that this poll showed. */
  readonly known: number;
  readonly shown: number;
  /** The window of a record that is missing for the first time. */
  readonly window: Window;
  /** Whether the poll was complete, so that it would have shown them. Others confirm nothing. */
  readonly complete: boolean;
}

/**
 * Decides which missing records are deleted: those that `deletes.confirm` trustworthy polls in a row did not show. An
 * answer that is empty, or that lacks too many records at once, is in doubt: it confirms nothing, and the records
 * that vanished together are held, while others are still confirmed. Deletions that the operator approves are
 * reported by the next complete poll that does not show the records either.
 */
export function judgeAbsence(
  deletes: Deletes,
  before: Absences,
  missing: Missing,
  verdict: Verdict | null,
): Judged {
  const known = (key: string) => (Object.hasOwn(before, key) ? before[key] : undefined);
  if (deletes === false) return forget(missing, known);
  const waves = Map.groupBy(missing.keys, (key) => known(key)?.window.by ?? missing.window.by);
  const approved = (wave: number) => verdict?.answer === 'approve' && wave <= verdict.wave;
  const empty = missing.shown === 0 && missing.keys.length > 0 && !deletes.allow_empty;
  const reasons = new Map<number, string>();
  for (const [wave, { length }] of waves) {
    const reason = empty ? `the list is empty, and had ${missing.known}` : tooMany(deletes, length, missing);
    if (reason !== null && !approved(wave)) reasons.set(wave, reason);
  }
  const held = (wave: number) => reasons.has(wave);
  const confirms = missing.complete && !(empty && reasons.size > 0) && !held(missing.window.by);
  const absent = missing.keys.map((key): [string, Absence] => {
    const { polls = 0, window = missing.window } = known(key) ?? {};
    const counts = confirms && !held(window.by);
    // Counting stops at `confirm`: a lasting doubt must not make every poll a commit.
    return [key, { polls: counts ? Math.min(polls + 1, deletes.confirm) : polls, window }];
  });
  const isRipe = ({ polls, window }: Absence) =>
    missing.complete && (approved(window.by) || (confirms && polls >= deletes.confirm && !held(window.by)));
  const ripe = new Map(absent.filter(([, one]) => isRipe(one)));
  return {
    absent: Object.fromEntries(absent.filter(([key]) => !ripe.has(key))),
    deleted: [...ripe].map(([key, { window }]) => ({ key, window })),
    forgotten: [],
    doubt: doubtOf(reasons, waves, missing, verdict),
  };
}

function forget({ keys, window }: Missing, known: (key: string) => Absence | undefined): Judged {
  const absent = keys.map((key): [string, Absence] => [key, known(key) ?? { polls: 1, window }]);
  const old = new Map(absent.filter(([, one]) => window.by - one.window.by > FORGET_AFTER));
  const kept = absent.filter(([key]) => !old.has(key));
  return { absent: Object.fromEntries(kept), deleted: [], forgotten: [...old.keys()], doubt: null };
}

/** Why so many records that vanished together are not believed to be deleted; null if they are. */
function tooMany(
  deletes: Exclude<Deletes, false>,
  missing: number,
  { known, shown }: Missing,
): string | null {
  if (shown === 0 && deletes.allow_empty) return null;
  const { count, ratio } = deletes.guard;
  const vanished = `${missing} of ${known} records vanished at once`;
  if (missing > count && missing > ratio * known)
    return `${vanished}, more than ${count} and more than ${ratio * 100}%`;
  return known >= 4 && missing > known / 2 ? `${vanished}, more than half` : null;
}

/** The doubt about all held records, without those that the operator has rejected unless there are no others. */
function doubtOf(
  reasons: ReadonlyMap<number, string>,
  waves: ReadonlyMap<number, readonly string[]>,
  { known }: Missing,
  verdict: Verdict | null,
): Doubt | null {
  if (reasons.size === 0) return null;
  const isRejected = (wave: number) => verdict?.answer === 'reject' && wave <= verdict.wave;
  const open = [...reasons.keys()].filter((wave) => !isRejected(wave));
  const rejected = open.length === 0;
  const about = (rejected ? [...reasons.keys()] : open).sort((a, b) => a - b);
  const keys = about.flatMap((wave) => waves.get(wave) ?? []);
  const wave = about.at(-1) as number;
  return {
    missing: keys.length,
    of: known,
    reason: reasons.get(about[0] as number) as string,
    examples: keys.slice(0, MOST_EXAMPLES),
    wave,
    rejected,
  };
}
