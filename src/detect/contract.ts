import type {
  Absence,
  Change,
  Ending,
  Json,
  Reading,
  SourceState,
  StoredRecord,
  Unconfirmed,
  Window,
} from '../model.ts';

/** What is asked of the stored snapshot: digests of all records, values only of those that differ. */
export interface Baseline {
  digests(): AsyncIterable<readonly (readonly [key: string, digest: string])[]>;
  values(keys: Iterable<string>): Promise<ReadonlyMap<string, string>>;
}

/** What an answer showed, and what it is compared with. */
export interface Observation {
  readonly reading: Reading;
  /** The document that the records were read from, or its first page; null if nothing was read. */
  readonly document: (() => Json | Promise<Json>) | null;
  /** The stored state; null before the first snapshot. */
  readonly state: SourceState | null;
  /** When the last poll began that showed records as they are stored, and when this answer was complete. */
  readonly window: Window;
  /** When the last poll began of which nothing was in doubt: what it did not show was not there. Null if there was none. */
  readonly trusted: number | null;
  /** What the operator said about a doubt; null if nothing. */
  readonly verdict: Verdict | null;
}

/**
 * The operator's word on what is held. It may be given again at every look: what it is about is over by then, or it is
 * about that still.
 */
export interface Verdict {
  /** Believe what is held, or keep the baseline and say no more about it. */
  readonly answer: 'approve' | 'reject';
  /** {@link Doubt.wave} of what it is about: later ones are another matter. */
  readonly wave: number;
}

/** Why deletions are not believed: the records are kept and the operator is told. */
export interface Doubt {
  /** How many records are held, of how many. */
  readonly missing: number;
  readonly of: number;
  readonly reason: string;
  /** Keys of some that are held. */
  readonly examples: readonly string[];
  /** When the last of them vanished, Unix milliseconds: the same at every poll as long as no more vanish. */
  readonly wave: number;
  /** The operator has said that it is wrong: nothing more is to be told. */
  readonly rejected: boolean;
}

/** `unsure`: the reading shows only a part and contradicts the snapshot, or more is asked for; read the whole answer. */
export type Detection = { readonly kind: 'unsure' } | Detected;

/**
 * What an answer was compared with. Unless that is the stored snapshot, it is a baseline: there was none (`first`),
 * somebody reset it, or what is compared was changed, so that differences mean nothing (`rebaselined`).
 */
export type Basis = 'first' | 'reset' | 'rebaselined' | 'stored';

export interface Detected {
  readonly kind: 'detected';
  readonly basis: Basis;
  readonly changes: readonly Change[];
  readonly upserts: readonly StoredRecord[];
  readonly removes: readonly string[];
  readonly absent: Readonly<{ [key: string]: Absence }>;
  readonly unconfirmed: Readonly<{ [key: string]: Unconfirmed }>;
  /** Null unless `until` is true. */
  readonly ending: Ending | null;
  readonly doubt: Doubt | null;
  /** Whether anything of this has to be stored. */
  readonly differs: boolean;
  /** Records that the answer showed. */
  readonly records: number;
  /** Expressions that failed. */
  readonly warnings: readonly string[];
}
