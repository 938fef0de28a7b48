import type { SourceConfig } from '../config/document.ts';
import type { Absence, Window } from '../model.ts';

type Deletes = SourceConfig['deletes'];
type Absences = Readonly<{ [key: string]: Absence }>;

/** With `deletes: false` a record that is gone for so long is forgotten, or a feed would grow without end. */
const FORGET_AFTER = 30 * 86_400_000;

/** Why deletions are not believed: the records are kept and the operator is told. */
export interface Doubt {
  readonly missing: number;
  readonly of: number;
  readonly reason: string;
}

export interface Verdict {
  readonly absent: Absences;
  /** Missing for long enough, and believed. */
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
  /** What a record that is missing for the first time gets. */
  readonly window: Window;
}

/**
 * Decides which missing records are deleted: those that `deletes.confirm` polls in a row did not show, unless so many
 * are missing at once that the answer itself is in doubt (config.md, `deletes`).
 */
export function judgeAbsence(deletes: Deletes, before: Absences, missing: Missing): Verdict {
  const confirm = deletes === false ? 1 : deletes.confirm;
  const absent = missing.keys.map((key): [string, Absence] => {
    const known = Object.hasOwn(before, key) ? before[key] : undefined;
    if (!known) return [key, { polls: 1, window: missing.window }];
    // Counting stops at what confirms: a doubt that lasts must not make every poll a commit.
    return [key, known.polls < confirm ? { ...known, polls: known.polls + 1 } : known];
  });
  if (deletes === false) return forget(absent, missing.window.by);
  const doubt = doubtOf(deletes, missing);
  const ripe = doubt ? [] : absent.filter(([, { polls }]) => polls >= confirm);
  const gone = new Set(ripe.map(([key]) => key));
  return {
    absent: Object.fromEntries(absent.filter(([key]) => !gone.has(key))),
    deleted: ripe.map(([key, { window }]) => ({ key, window })),
    forgotten: [],
    doubt,
  };
}

function forget(absent: readonly [string, Absence][], now: number): Verdict {
  const old = absent.filter(([, { window }]) => now - window.by > FORGET_AFTER).map(([key]) => key);
  const gone = new Set(old);
  const kept = absent.filter(([key]) => !gone.has(key));
  return { absent: Object.fromEntries(kept), deleted: [], forgotten: old, doubt: null };
}

function doubtOf(deletes: Exclude<Deletes, false>, { keys, known, shown }: Missing): Doubt | null {
  const missing = keys.length;
  const doubt = (reason: string): Doubt => ({ missing, of: known, reason });
  if (missing === 0) return null;
  if (shown === 0) return deletes.allow_empty ? null : doubt(`the list is empty, and had ${known}`);
  const { count, ratio } = deletes.guard;
  if (missing > count && missing > ratio * known) {
    return doubt(`${missing} of ${known} records vanished, more than ${count} and more than ${ratio * 100}%`);
  }
  if (known >= 4 && missing > known / 2)
    return doubt(`${missing} of ${known} records vanished, more than half`);
  return null;
}
