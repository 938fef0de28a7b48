import type { PollhookError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type {
  Attempt,
  ChangeEvent,
  Delivery,
  DeliveryState,
  JsonObject,
  PollNote,
  SourceProgress,
  SourceState,
  StoredRecord,
  WebhookState,
} from '../model.ts';
import type { Archive } from './archive.ts';

/**
 * What every kind of state provides. Promises of writing methods resolve when the write is durable. A write that
 * fails makes the store unusable: that call and every later one rejects with STATE_WRITE_FAILED, and `onFatal` is
 * called once.
 */
export interface Store extends Archive, Memos, Interventions, Renames, AsyncDisposable {
  /**
   * Random, chosen when the state is created: event ids are derived from it, so that a fresh state never repeats an
   * old id.
   */
  readonly identity: string;
  /**
   * Attempts per webhook that were under way when the process before ended: recorded as unknown when the state was
   * opened.
   */
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

  /** Stores the note of the last poll. Returns at once; durable within a second or so, and on close. */
  note(source: string, note: PollNote): void;
  /** The note of every source that has one. */
  notes(): Promise<ReadonlyMap<string, PollNote>>;
  /** Forgets a source's snapshot, progress and note, but never its events, deliveries, version and sequence. */
  reset(source: string): Promise<void>;

  /**
   * Takes deliveries of one webhook that may be sent now and durably counts an attempt on each, so that a crash
   * leaves an attempt with an unknown outcome. In each stream (see {@link ClaimRequest}) only the oldest unsettled
   * delivery can be claimed, and none while another of its stream is claimed. One that was never attempted is due at
   * once, whatever the clock says; so is one whose next attempt lies beyond {@link FURTHEST}.
   */
  claim(request: ClaimRequest): Promise<Claim>;
  /**
   * Records the results of attempts and states of webhooks in one durable write, which concurrent calls share.
   * Nothing is recorded for a delivery that is not claimed: somebody else settled it.
   */
  settle(settlements: readonly Settlement[], webhooks?: readonly WebhookState[]): Promise<void>;
  webhooks(): Promise<readonly WebhookState[]>;

  /** Pending and dead deliveries per webhook; cheap enough for every scrape of the metrics. */
  backlog(): Promise<readonly Backlog[]>;

  /** Removes some of what is past its retention. True: call again, there is more. */
  retain(limits: Retention): Promise<boolean>;

  /** Writes outstanding notes and releases the lock. */
  close(): Promise<void>;
}

/** Small named values outside of commits. Callers bound their number and size. */
export interface Memos {
  /** Null forgets. Durable when it resolves; shares its durable write with other callers'. */
  remember(name: string, value: JsonObject | null): Promise<void>;
  memos(): Promise<ReadonlyMap<string, JsonObject>>;
}

/** Changes to deliveries by a person. Each is durable when it resolves. */
export interface Interventions {
  /**
   * Makes dead, dropped and superseded deliveries pending again, due now and at the first step of their schedule;
   * pending ones become due now. They leave their batch. Delivered ones are left to {@link requeue}. Gives the result
   * for each id.
   */
  revive(deliveries: readonly string[]): Promise<ReadonlyMap<string, Intervention>>;
  /** Settles pending and dead deliveries as dropped. Gives the result for each id. */
  drop(deliveries: readonly string[]): Promise<ReadonlyMap<string, Intervention>>;
  /** Makes finished deliveries of kept events pending again, under the same ids, a page at a time. */
  requeue(request: RequeueRequest): Promise<Requeued>;
}

/** Renaming of sources (`moved_from`). */
export interface Renames {
  /**
   * Carries snapshot, progress, note, version and sequence of a source to a new name, in one durable step; the old
   * name is left as after a reset. Events and deliveries that exist keep their bytes and names, and what follows
   * under the new name keeps the order of each record with them. Nothing happens if there is no snapshot to carry
   * (`absent`) or the new name has one of its own (`occupied`).
   */
  rename(from: string, to: string): Promise<'renamed' | 'absent' | 'occupied'>;
}

/** Read-only access to a state: needs no lock, changes nothing, sees what a running daemon last committed. */
export type StateReader = Pick<
  Store,
  'identity' | 'sources' | 'source' | 'digests' | 'values' | 'notes' | 'memos' | 'webhooks' | 'backlog'
> &
  AsyncDisposable;

/** A source that was reset although its document could not be read. */
export interface Salvaged {
  readonly source: string;
  /** Where the damaged document is now; null if there was none. */
  readonly kept: string | null;
  /** Sequence number of its next event. */
  readonly next: number;
  /** Whether sequence numbers were skipped, because the last one could not be determined. */
  readonly gap: boolean;
}

/**
 * No schedule waits longer, in milliseconds: 28 days at most (config/webhook.ts) and a tenth of jitter. A next attempt
 * further ahead was computed by a clock that has been set back since.
 */
export const FURTHEST = 31 * 86_400_000;

/**
 * How many deliveries one claim supersedes at most, unless they are of one batch. A long outage leaves thousands of
 * updates of one record, and each costs SQLite a quarter of a millisecond: others have their turn in between.
 */
export const MOST_SUPERSEDED = 200;

/** Progress of a source after a reset: nothing is known, and `comparison` equals that of no configuration. */
export const AFTER_RESET: SourceProgress = { comparison: '', validators: null, absent: {}, shown: 0 };

export interface StoreOptions {
  readonly clock: Clock;
  /** Called once, with the first failed write: the process must stop. */
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

/** A delivery of an event of the same commit. */
export interface NewDelivery {
  readonly id: string;
  readonly event: string;
  readonly webhook: string;
}

export interface ClaimRequest {
  readonly webhook: string;
  /** Streams: one per source and key, one for the whole webhook, or one per delivery. */
  readonly order: 'key' | 'webhook' | 'none';
  /**
   * With order `key`: a head that is `updated` is not given but settled as superseded, in the same durable write, if
   * its stream has a newer pending one of the same event type, with nothing but updates in between. Not a member of a
   * batch that was sent: its composition stays. A claim that has superseded {@link MOST_SUPERSEDED} ends there and
   * gives what it has, perhaps nothing: the next claim goes on.
   */
  readonly supersede?: boolean;
  /** Several deliveries in one request: see {@link BatchRequest}. */
  readonly batch?: BatchRequest;
  /** Only deliveries whose next attempt is due by this time … */
  readonly now: number;
  /** … unless this is set: then the one that is due first, however far ahead (probing a failing webhook). */
  readonly ahead?: boolean;
  readonly limit: number;
}

/**
 * The deliveries of one request. A claim gives one batch: the oldest pending deliveries of the webhook in the order
 * of commits, as many as `max` and `length` allow while they are due, all with the same id, which is made of theirs
 * and is theirs until they are revived. When they are pending again, after a failure or a crash, a claim gives the
 * same ones under the same id; one that was settled by hand meanwhile has left. Batches of a webhook are claimed
 * strictly one after another, and in the order of commits, so that the order of each record holds, whatever `order`
 * says.
 */
export interface BatchRequest {
  readonly max: number;
  /** Characters that the bodies of its events have together at most; a longer one goes alone. */
  readonly length: number;
  /** A batch that is not full is given once the oldest of it has waited so long, in milliseconds. */
  readonly wait: number;
}

export interface Claim {
  /**
   * `attempts` already counts the attempt that the claim allows. In the order in which they became due, or were
   * committed if they were never attempted: neither retries nor what is fresh is preferred. Requeued ones follow all
   * others.
   */
  readonly deliveries: readonly Delivery[];
  /** Deliveries that the claim settled as superseded. */
  readonly superseded: readonly Superseded[];
  /** When the next unclaimed stream head, or batch, is due; null if nothing waits. */
  readonly next: number | null;
}

export interface Superseded {
  readonly delivery: string;
  readonly source: string;
  /** Ids of its event and of the newer event that replaces it. */
  readonly event: string;
  readonly by: string;
}

/** The result of an attempt, and the new state of its delivery. */
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

/**
 * The result of reviving or dropping a delivery. `claimed`: an attempt is under way, nothing was done; `settled`: it
 * was delivered, or dropped before; `unknown`: there is no such delivery.
 */
export type Intervention = 'done' | 'claimed' | 'settled' | 'unknown';

export interface RequeueRequest {
  readonly webhook: string;
  /** Only deliveries that were committed between these times, both included, Unix milliseconds. */
  readonly since: number;
  readonly until: number;
  /** `next` of the page before. */
  readonly after?: string;
  readonly limit: number;
}

export interface Requeued {
  readonly requeued: number;
  /** The last delivery that was read; null when there are no more. */
  readonly next: string | null;
}

/** Finished events older than these, or beyond the newest `maxEvents`, are removed; pending ones never. */
export interface Retention {
  readonly now: number;
  readonly delivered: number;
  readonly dead: number;
  readonly maxEvents: number;
}
