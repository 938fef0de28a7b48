import type { PollhookError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type {
  Attempt,
  ChangeEvent,
  Delivery,
  DeliveryState,
  PollNote,
  SourceProgress,
  SourceState,
  StoredRecord,
  WebhookState,
} from '../model.ts';

/**
 * What every kind of state does. All promises that write resolve when the write is durable. A write that fails makes
 * the store unusable: that call and every later one rejects with STATE_WRITE_FAILED, and `onFatal` is told once.
 */
export interface Store extends AsyncDisposable {
  /** Random, made with the state: event ids are derived from it, so that a fresh state never repeats an old id. */
  readonly identity: string;
  /** Attempts that were under way when the process before ended, per webhook: recorded as unknown when the state was opened. */
  readonly interrupted: ReadonlyMap<string, number>;

  /** Sources that were ever committed. */
  sources(): Promise<readonly SourceState[]>;
  /** Null before the first commit. After a reset there are no records and `comparison` is empty. */
  source(name: string): Promise<SourceState | null>;
  /** Key and digest of every record of the snapshot, in batches, in no particular order; no values are loaded. */
  digests(source: string): AsyncIterable<readonly (readonly [key: string, digest: string])[]>;
  /** JSON texts of the records with these keys; unknown keys are left out. */
  values(source: string, keys: Iterable<string>): Promise<ReadonlyMap<string, string>>;

  /**
   * Snapshot, progress, events and deliveries in one atomic, durable step. `conflict`: another commit came first
   * (the stored version is not `expected`), nothing was written.
   */
  commit(commit: Commit): Promise<'committed' | 'conflict'>;

  /** Remembers how the last poll went. Returns at once; durable within a second or so and on close. */
  note(source: string, note: PollNote): void;
  /** The note of every source that has one. */
  notes(): Promise<ReadonlyMap<string, PollNote>>;
  /** Forgets a source's snapshot, progress and note, but never its events, deliveries, version and sequence. */
  reset(source: string): Promise<void>;

  /**
   * Takes deliveries of one webhook that may be sent now and durably counts an attempt on each, so that a crash leaves
   * an attempt with an unknown outcome. In each stream (see {@link ClaimRequest}) only the oldest unsettled delivery
   * can be claimed, and none while another of its stream is claimed. One that was never attempted is due at once, whatever
   * the clock says; so is one whose next attempt lies beyond {@link FURTHEST}.
   */
  claim(request: ClaimRequest): Promise<Claim>;
  /**
   * Records what attempts came to, and how webhooks stand; all in one durable write, shared with other callers'. Of a
   * delivery that is not claimed nothing is recorded: somebody else settled it.
   */
  settle(settlements: readonly Settlement[], webhooks?: readonly WebhookState[]): Promise<void>;
  webhooks(): Promise<readonly WebhookState[]>;

  /** What is owed, per webhook; cheap enough for every scrape of the metrics. */
  backlog(): Promise<readonly Backlog[]>;
  /** Deliveries in the order they were committed. */
  deliveries(query: DeliveryQuery): Promise<Page<Delivery>>;
  /** Attempts of a delivery, oldest first: the first and the newest 20. Null if there is no such delivery. */
  attempts(delivery: string): Promise<readonly Attempt[] | null>;

  /** Removes some of what is past its retention. True: call again, there is more. */
  retain(limits: Retention): Promise<boolean>;

  /** Writes what is noted, releases the lock. */
  close(): Promise<void>;
}

/** A state that is only looked at: needs no lock, changes nothing, sees what a running daemon last committed. */
export type StateReader = Pick<
  Store,
  'identity' | 'sources' | 'source' | 'digests' | 'values' | 'notes' | 'webhooks' | 'backlog'
> &
  AsyncDisposable;

/**
 * A whole state piece by piece, the same for every kind, so that one kind can be made of another: the state itself; each
 * source by name, followed by its records in the order of their keys' JSON texts, byte by byte; the webhooks by name; the
 * events in the order of their commits. A claim that nobody settled is an attempt with an unknown outcome. Stores with
 * equal pieces answer alike.
 */
export type Piece =
  | { readonly kind: 'state'; readonly identity: string; readonly created: number }
  | SourcePiece
  | { readonly kind: 'record'; readonly record: StoredRecord }
  | { readonly kind: 'webhook'; readonly state: WebhookState }
  | EventPiece;

export interface SourcePiece extends Pick<SourceState, 'source' | 'version' | 'sequence'> {
  readonly kind: 'source';
  /** Null before the first commit and after a reset. */
  readonly progress: SourceProgress | null;
  readonly note: PollNote | null;
}

export interface EventPiece {
  readonly kind: 'event';
  readonly event: ChangeEvent;
  /** When it was committed. */
  readonly created: number;
  /** When the last of its deliveries was settled, or it was committed if nobody is owed it; null while one is pending. */
  readonly finished: number | null;
  readonly deliveries: readonly DeliveryPiece[];
}

export interface DeliveryPiece
  extends Pick<Delivery, 'id' | 'webhook' | 'state' | 'steps' | 'nextAttempt' | 'lastStatus'> {
  /** Among the deliveries of all events, from 0, in the order in which they were committed. */
  readonly rank: number;
  /** How often it was attempted. */
  readonly made: number;
  /** Those that are kept, oldest first. */
  readonly attempts: readonly Attempt[];
}

/** A state that is copied: locked, and never written to. */
export interface Original extends AsyncDisposable {
  /** From the beginning each time. Throws STATE_… when what is there cannot be trusted. */
  pieces(): AsyncIterable<Piece>;
}

/** A state that is being made. There is none under its name before `publish`, whatever interrupts. */
export interface Draft extends Original {
  write(pieces: AsyncIterable<Piece>): Promise<void>;
  publish(): Promise<void>;
}

/** A source that was reset although what was stored of it could not be read. */
export interface Salvaged {
  readonly source: string;
  /** Where the damaged document is now; null if there was none. */
  readonly kept: string | null;
  /** Sequence number of its next event. */
  readonly next: number;
  /** Whether numbers were left out because nothing told how far they came. */
  readonly gap: boolean;
}

/** What is recorded of a claim that nobody settled. */
export function unknownAttempt(claimed: number): Attempt {
  const error = 'the process ended before the outcome was recorded';
  return { at: claimed, outcome: 'unknown', status: null, duration: 0, error, answer: null };
}

/** Attempts that are kept of a delivery besides its first: a receiver can let it fail for ever, with 2 kB each time. */
export const NEWEST_ATTEMPTS = 20;

/** Those that are kept of all attempts, or of all that were kept and one more. */
export function keptAttempts<T>(attempts: readonly T[]): readonly T[] {
  if (attempts.length <= 1 + NEWEST_ATTEMPTS) return attempts;
  return [...attempts.slice(0, 1), ...attempts.slice(-NEWEST_ATTEMPTS)];
}

/** Which attempt, from 1, each of those is that are kept. */
export function attemptNumbers({ made, attempts }: DeliveryPiece): number[] {
  return attempts.map((_, index) => (index === 0 ? 1 : made - attempts.length + index + 1));
}

/**
 * No schedule waits longer, in milliseconds: 28 days at most (config/webhook.ts) and a tenth of jitter. A next attempt
 * further ahead was computed by a clock that has been set back since.
 */
export const FURTHEST = 31 * 86_400_000;

/** What a source stands at after a reset: nothing is known of it, and nothing that is compared can equal it. */
export const AFTER_RESET: SourceProgress = { comparison: '', validators: null, absent: {}, shown: 0 };

export interface StoreOptions {
  readonly clock: Clock;
  /** Told once, with the first failed write: the process must stop. */
  readonly onFatal: (error: PollhookError) => void;
  /** Names the process in claims; unique among those that share the state. */
  readonly owner: string;
}

/** Removals come first, then the upserts; `replace` empties the snapshot before. */
export interface SnapshotDifference {
  readonly replace: boolean;
  readonly upserts: readonly StoredRecord[];
  readonly removes: readonly string[];
}

export interface Commit {
  readonly source: string;
  /** Version of the state that this was computed from; 0 for a source without one. */
  readonly expected: number;
  readonly difference: SnapshotDifference;
  readonly progress: SourceProgress;
  /** Sequence numbers follow the stored one without a gap. */
  readonly events: readonly ChangeEvent[];
  readonly deliveries: readonly NewDelivery[];
  readonly note: PollNote;
}

/** An event of the same commit, owed to a webhook. */
export interface NewDelivery {
  readonly id: string;
  readonly event: string;
  readonly webhook: string;
}

export interface ClaimRequest {
  readonly webhook: string;
  /** Streams: one per source and key, one for the whole webhook, or one per delivery. */
  readonly order: 'key' | 'webhook' | 'none';
  /** Only deliveries whose next attempt is due by this time … */
  readonly now: number;
  /** … unless this is set: then the one that is due first, however far ahead (probing a failing webhook). */
  readonly ahead?: boolean;
  readonly limit: number;
}

export interface Claim {
  /** `attempts` already counts the attempt that the claim allows. Earliest due first, then oldest first. */
  readonly deliveries: readonly Delivery[];
  /** When the next unclaimed stream head is due; null if nothing waits. */
  readonly next: number | null;
}

/** What an attempt came to, and what follows for its delivery. */
export interface Settlement {
  readonly delivery: string;
  readonly attempt: Attempt;
  readonly state: Extract<DeliveryState, 'pending' | 'delivered' | 'dead'>;
  readonly steps: number;
  readonly nextAttempt: number;
}

export interface Backlog {
  readonly webhook: string;
  readonly pending: number;
  readonly dead: number;
  /** When the oldest pending delivery was committed; null if none. */
  readonly oldest: number | null;
}

export interface DeliveryQuery {
  readonly webhook?: string;
  readonly source?: string;
  readonly state?: DeliveryState;
  /** Id of the last delivery of the page before. */
  readonly after?: string;
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** Finished events older than these, or beyond the newest `maxEvents`, are removed; pending ones never. */
export interface Retention {
  readonly now: number;
  readonly delivered: number;
  readonly dead: number;
  readonly maxEvents: number;
}
