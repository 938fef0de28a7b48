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
  /** Whether the poll would have shown them if they were there. A poll that would not confirms nothing. */
  readonly complete: boolean;
}

/**
 * Decides which missing records are deleted: those that `deletes.confirm` trustworthy polls in a row did not show. An
 * answer that is empty, or that misses too many records at once, is in doubt: it confirms nothing, and those that
 * vanished together stay held, while others ripen (config.md, `deletes`).
 */
export function judgeAbsence(deletes: Deletes, before: Absences, missing: Missing): Verdict {
  const known = (key: string) => (Object.hasOwn(before, key) ? before[key] : undefined);
  const waves = Map.groupBy(missing.keys, (key) => known(key)?.window.by ?? missing.window.by);
  if (deletes === false) return forget(missing, known);
  const doubts = new Map([...waves].map(([by, keys]) => [by, doubtOf(deletes, keys.length, missing)]));
  const empty = missing.shown === 0 && missing.keys.length > 0 && !deletes.allow_empty;
  const confirms = missing.complete && !empty && !doubts.get(missing.window.by);
  const absent = missing.keys.map((key): [string, Absence] => {
    const { polls = 0, window = missing.window } = known(key) ?? {};
    const counts = confirms && !doubts.get(window.by);
    // Counting stops at what confirms: a doubt that lasts must not make every poll a commit.
    return [key, { polls: counts ? Math.min(polls + 1, deletes.confirm) : polls, window }];
  });
  const ripe = new Map(
    absent.filter(([, { polls, window }]) => confirms && polls >= deletes.confirm && !doubts.get(window.by)),
  );
  return {
    absent: Object.fromEntries(absent.filter(([key]) => !ripe.has(key))),
    deleted: [...ripe].map(([key, { window }]) => ({ key, window })),
    forgotten: [],
    doubt: empty ? emptied(missing) : ([...doubts.values()].find((doubt) => doubt !== null) ?? null),
  };
}

function forget({ keys, window }: Missing, known: (key: string) => Absence | undefined): Verdict {
  const absent = keys.map((key): [string, Absence] => [key, known(key) ?? { polls: 1, window }]);
  const old = new Map(absent.filter(([, one]) => window.by - one.window.by > FORGET_AFTER));
  const kept = absent.filter(([key]) => !old.has(key));
  return { absent: Object.fromEntries(kept), deleted: [], forgotten: [...old.keys()], doubt: null };
}

function emptied({ keys, known }: Missing): Doubt {
  return { missing: keys.length, of: known, reason: `the list is empty, and had ${known}` };
}

/** Whether records that vanished together are too many to be believed. */
function doubtOf(deletes: Exclude<Deletes, false>, missing: number, { known, shown }: Missing): Doubt | null {
  const doubt = (reason: string): Doubt => ({ missing, of: known, reason });
  if (shown === 0 && deletes.allow_empty) return null;
  const { count, ratio } = deletes.guard;
  if (missing > count && missing > ratio * known) {
    return doubt(
      `${missing} of ${known} records vanished at once, more than ${count} and more than ${ratio * 100}%`,
    );
  }
  if (known >= 4 && missing > known / 2)
    return doubt(`${missing} of ${known} records vanished at once, more than half`);
  return null;
}
