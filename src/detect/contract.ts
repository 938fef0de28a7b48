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

/** Read access to the stored snapshot: digests of all records, values only of those that differ. */
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
  /** From the start of the last poll that showed the stored records to the moment when this answer was complete. */
  readonly window: Window;
  /** When the last poll without any doubt began: records that it did not show did not exist. Null if there was none. */
  readonly trusted: number | null;
  /** The operator's decision about a doubt; null if there is none. */
  readonly verdict: Verdict | null;
}

/**
 * The operator's decision about held deletions. It is passed to every poll, and has no effect once they are over.
 */
export interface Verdict {
  /** Believe the deletions, or keep the records and say no more about it. */
  readonly answer: 'approve' | 'reject';
  /** {@link Doubt.wave} that it was given for: it does not apply to records that vanish later. */
  readonly wave: number;
}

/** Why deletions are not believed: the records are kept and the operator is alerted. */
export interface Doubt {
  /** Number of records that are held. */
  readonly missing: number;
  readonly of: number;
  readonly reason: string;
  /** Keys of some of them. */
  readonly examples: readonly string[];
  /**
   * When the last of them vanished, Unix milliseconds. It identifies the doubt: the same at every poll until more
   * vanish.
   */
  readonly wave: number;
  /** Whether the operator rejected the deletions: then nobody is alerted again. */
  readonly rejected: boolean;
}

/** `unsure`: the records that differ are not enough to decide; all records of the answer are needed. */
export type Detection = { readonly kind: 'unsure' } | Detected;

/**
 * What an answer was compared with. If not with the `stored` snapshot, it becomes a new baseline: there was no
 * snapshot (`first`), somebody reset it, or what is compared was reconfigured (`rebaselined`).
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
  /** Whether anything has to be stored. */
  readonly differs: boolean;
  /** Records that the answer showed. */
  readonly records: number;
  /** Expressions that failed. */
  readonly warnings: readonly string[];
}
