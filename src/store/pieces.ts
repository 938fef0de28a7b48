import type {
  Attempt,
  ChangeEvent,
  Delivery,
  JsonObject,
  PollNote,
  SourceProgress,
  SourceState,
  StoredRecord,
  WebhookState,
} from '../model.ts';

/**
 * A whole state piece by piece, the same for every kind, so that one kind can be made of another: the state itself; each
 * source by name, followed by its records in the order of their keys' JSON texts, byte by byte; the webhooks and the memos by
 * name; the events in the order of their commits. A claim that nobody settled is an attempt with an unknown outcome. Stores with
 * equal pieces answer alike.
 */
export type Piece =
  | { readonly kind: 'state'; readonly identity: string; readonly created: number }
  | SourcePiece
  | { readonly kind: 'record'; readonly record: StoredRecord }
  | { readonly kind: 'webhook'; readonly state: WebhookState }
  | { readonly kind: 'memo'; readonly name: string; readonly value: JsonObject }
  | EventPiece;

export interface SourcePiece extends Pick<SourceState, 'source' | 'version' | 'sequence'> {
  readonly kind: 'source';
  /**
   * Under which name its streams began: its own, unless it was renamed. Two sources that were renamed into each other
   * have each other's.
   */
  readonly lineage: string;
  /** Null before the first commit and after a reset. */
  readonly progress: SourceProgress | null;
  readonly note: PollNote | null;
}

export interface EventPiece {
  readonly kind: 'event';
  readonly event: ChangeEvent;
  /** That of its source when it was committed. */
  readonly lineage: string;
  /** When it was committed. */
  readonly created: number;
  /** When the last of its deliveries was settled, or it was committed if nobody is owed it; null while one is pending. */
  readonly finished: number | null;
  readonly deliveries: readonly DeliveryPiece[];
}

export interface DeliveryPiece
  extends Pick<Delivery, 'id' | 'webhook' | 'state' | 'steps' | 'nextAttempt' | 'lastStatus' | 'batch'> {
  /** Pending again by {@link Interventions.requeue}. */
  readonly requeued: boolean;
  /** Among the deliveries of all events, from 0, in the order in which they were committed. */
  readonly rank: number;
  /** How often it was attempted. */
  readonly made: number;
  /** Those that are kept, oldest first. */
  readonly attempts: readonly Attempt[];
}

export function memoPieces(memos: ReadonlyMap<string, JsonObject>): Piece[] {
  const byName = [...memos].sort(([a], [b]) => (a < b ? -1 : 1));
  return byName.map(([name, value]) => ({ kind: 'memo', name, value }));
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

/** Which attempt, from 1, each of those is that are kept. */
export function attemptNumbers({ made, attempts }: DeliveryPiece): number[] {
  return attempts.map((_, index) => (index === 0 ? 1 : made - attempts.length + index + 1));
}
