/**
 * The nouns that flow through pollhook, from a poll to an outcome. Nothing is imported here.
 * Times are Unix milliseconds (wall clock), durations are milliseconds, unless a name says otherwise.
 */

/**
 * A JSON value as it was written. A number that JavaScript would respell (`1.0`, twenty digits) is a raw number
 * (`JSON.rawJSON`), so that it is compared by value and sent with the digits that came.
 */
export type Json = null | boolean | number | string | RawJson | readonly Json[] | JsonObject;
export type JsonObject = { readonly [member: string]: Json };

/** One thing that a source lists. `key` is `''` when the whole document is the one record. */
export interface SourceRecord {
  readonly key: string;
  readonly value: Json;
}

/**
 * What one poll showed. `same`: exactly what the poll before showed. `all`: all records. `some`: the same as before
 * except for these records, which are new or have other bytes, and those keys, which are gone. `part`: these records,
 * while others may exist, because only recent ones were asked for or because the list moved while its pages were
 * read.
 */
export type Reading =
  | { readonly kind: 'same' }
  | { readonly kind: 'all'; readonly records: readonly SourceRecord[] }
  | { readonly kind: 'part'; readonly records: readonly SourceRecord[] }
  | {
      readonly kind: 'some';
      readonly records: readonly SourceRecord[];
      /** Keys of `records` that the answer before did not show. */
      readonly added: readonly string[];
      readonly gone: readonly string[];
      readonly total: number;
    };

/** A record as it is stored: its JSON text on one line, and the digest of the compared part (detect/canonical.ts). */
export interface StoredRecord {
  readonly key: string;
  readonly digest: string;
  readonly text: string;
}

/**
 * The two polls between which a change happened: `after` still showed the old state (null: none did), `by` the new
 * one.
 */
export interface Window {
  readonly after: number | null;
  readonly by: number;
}

export type ChangeKind = 'created' | 'updated' | 'deleted';

/** One member that differs. `path` is a JSON Pointer; `from` is absent when added, `to` when removed. */
export interface FieldChange {
  readonly path: string;
  readonly from?: Json;
  readonly to?: Json;
}

/** A real difference of one record between two snapshots. */
export interface Change {
  readonly change: ChangeKind;
  readonly key: string;
  readonly current: Json;
  readonly previous: Json;
  readonly fields: readonly FieldChange[];
  readonly truncated: boolean;
  readonly window: Window;
}

/** A change that a rule selected. `body` holds the exact bytes of the standard body, as text, fixed at the commit. */
export interface ChangeEvent {
  readonly id: string;
  readonly source: string;
  /** 1, 2, 3 … within the source, without gaps, in commit order. */
  readonly sequence: number;
  /** As on the wire; null for a whole document. */
  readonly key: string | null;
  readonly change: ChangeKind;
  readonly type: string;
  readonly timestamp: number;
  readonly body: string;
}

export const DELIVERY_STATES = ['pending', 'delivered', 'dead', 'superseded', 'dropped'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** The outcome of one HTTP attempt. `unknown`: the process ended between sending and recording. */
export type AttemptOutcome = 'delivered' | 'failed' | 'limited' | 'unknown';

export interface Attempt {
  readonly at: number;
  readonly outcome: AttemptOutcome;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  readonly duration: number;
  /** Why it failed, in words for a person; null when delivered. */
  readonly error: string | null;
  /** The first 2 kB of the answer, own secrets replaced; null when there was none. */
  readonly answer: string | null;
}

/** An event to be sent to a webhook. */
export interface Delivery {
  readonly id: string;
  readonly webhook: string;
  readonly event: ChangeEvent;
  readonly created: number;
  readonly state: DeliveryState;
  /** HTTP requests made so far, the ones with an unknown outcome included. */
  readonly attempts: number;
  /** Steps of the retry schedule used up so far. */
  readonly steps: number;
  /** Not before this time; meaningless once settled. */
  readonly nextAttempt: number;
  readonly lastStatus: number | null;
  /** Id of the batch that it was last sent in; null if it is sent on its own. */
  readonly batch: string | null;
}

/** The state of a webhook as a whole, kept over restarts. */
export interface WebhookState {
  readonly name: string;
  /** Fingerprint of the url that this state belongs to (urls hold secrets): another url is another receiver. */
  readonly target: string;
  /** Failed attempts in a row over all its events; unknown and limited outcomes do not count. */
  readonly failures: number;
  /** Set by 429 and 503 with Retry-After: nothing is sent before this time. */
  readonly pausedUntil: number;
  /** Set while it is failing: when the next single probe is due, and how many have failed. */
  readonly probe: { readonly at: number; readonly failed: number } | null;
  /** Set by 410: nothing is sent until the operator acts. */
  readonly held: { readonly since: number; readonly reason: string } | null;
}

/** What a server gave for conditional requests, valid only for the snapshot that it is stored with. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Fingerprint of the request that they belong to: another url, header or credential invalidates them. */
  readonly request: string;
  /** When the body they belong to was last fetched in full. */
  readonly fetched: number;
}

/** What a server says about one of its rate limits; null where it says nothing. Durations count from its answer. */
export interface Allowance {
  /** Name of the limit, where a server has several; else empty. */
  readonly name: string;
  readonly limit: number | null;
  readonly remaining: number | null;
  /** Milliseconds until the whole limit is available again. */
  readonly reset: number | null;
  /** Length of the window that the limit is for, in milliseconds. */
  readonly window: number | null;
}

/**
 * The result of a request, as far as it decides when the next one may be sent. `silence`: the host did not answer, or a
 * gateway answered in its place. `unknown`: it was abandoned, or failed for a reason that says nothing about the host.
 */
export type Answered =
  | {
      readonly kind: 'answer';
      /** Whether it was refused because of a rate limit. */
      readonly limited: boolean;
      /** Milliseconds that the server asked to wait; null if it did not. */
      readonly retryAfter: number | null;
      readonly allowances: readonly Allowance[];
    }
  | { readonly kind: 'silence' }
  | { readonly kind: 'unknown' };

/** A record of the snapshot that the source no longer shows, not (yet) reported as deleted. */
export interface Absence {
  /** Polls in a row that did not show it, counted up to `deletes.confirm`. */
  readonly polls: number;
  readonly window: Window;
}

/** A difference that not yet enough polls in a row have shown to be reported (`confirm`). */
export interface Unconfirmed {
  /** Polls in a row that showed the record different from what is stored. */
  readonly polls: number;
  readonly window: Window;
  /** The record's JSON text in the last answer; null if that did not show it. */
  readonly text: string | null;
}

/** `until` is true, for the request and expression with this fingerprint. */
export interface Ending {
  readonly job: string;
  /** When the poll began after which nothing was left to report; null while something still has to be confirmed. */
  readonly finished: number | null;
}

/** How far an incremental source was read: the next poll asks for records that changed since. */
export interface Cursor {
  /** All changes before this time were seen. The time is one that the source's records have, Unix milliseconds. */
  readonly time: number;
  /** Whether the records name a time zone; if not, `time` is their local time read as UTC. */
  readonly zoned: boolean;
  /** When the last complete fetch began, wall time of this machine. */
  readonly full: number;
  /** Fingerprint of the request: a cursor of another list means nothing. */
  readonly request: string;
}

/** Everything about a source that is committed together with its snapshot. */
export interface SourceProgress {
  /** Fingerprint of the settings that decide what a change is; empty after a reset. */
  readonly comparison: string;
  readonly validators: Validators | null;
  readonly absent: Readonly<{ [key: string]: Absence }>;
  /** When the committed poll was made: the `after` of the next change's window. */
  readonly shown: number;
  /** Only for an incremental source; null when the next fetch has to be complete. */
  readonly cursor?: Cursor | null;
  /** Only while there are any, by key. */
  readonly unconfirmed?: Readonly<{ [key: string]: Unconfirmed }>;
  /** Only once `until` is true. */
  readonly ending?: Ending;
}

/** A source's committed state without its records. */
export interface SourceState extends SourceProgress {
  readonly source: string;
  /** Counts commits, from 1. */
  readonly version: number;
  /** Sequence number of the last event; 0 before the first. */
  readonly sequence: number;
  readonly records: number;
}

/** What was learned of how often a source changes (schedule/learned/rate.ts). */
export interface Learned {
  /** Changed records, weighted down with age. */
  readonly changes: number;
  /** Milliseconds of observation, weighted down with age. */
  readonly exposure: number;
  /** Requests of the last poll. */
  readonly cost: number;
}

/** What each poll leaves for the next one. A power cut may lose the notes of the last second. */
export interface PollNote {
  /** When the last poll began, whatever its result. */
  readonly polled: number;
  /** When the last poll that could be trusted began; null if none yet. */
  readonly succeeded: number | null;
  /** When the last poll began that showed records while its deletions were held; absent without a doubt. */
  readonly shown?: number;
  /** Failed polls in a row. */
  readonly failures: number;
  /** When the last poll ended, if it failed. */
  readonly failed?: number;
  /** The server asked not to be polled before this time. */
  readonly notBefore: number;
  /** What was wrong with the last poll; null if nothing. */
  readonly error: string | null;
  /** Set when the server refused the credentials: asking again soon might lock the account. */
  readonly refused?: true;
  /** Only for learned intervals. */
  readonly learned?: Learned;
}
