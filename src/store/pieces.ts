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
 * A whole state piece by piece, in the same form for every kind, so that one kind can be converted into another: the
 * state itself; each source by name, followed by its records in the byte order of their keys' JSON texts; webhooks
 * and memos by name; events in the order of commits. A claim that was never settled is an attempt with an unknown
 * outcome. Stores with equal pieces behave alike.
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
  /**
   * When the last of its deliveries was settled, or it was committed if nobody is owed it; null while one is pending.
   */
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

/** The original of a copy: locked, and never written to. */
export interface Original extends AsyncDisposable {
  /** From the beginning each time. Throws STATE_… when what is there cannot be trusted. */
  pieces(): AsyncIterable<Piece>;
}

/** A state that is being created. It gets its name only by `publish`, however it is interrupted. */
export interface Draft extends Original {
  write(pieces: AsyncIterable<Piece>): Promise<void>;
  publish(): Promise<void>;
}

/** The numbers, from 1, of the kept attempts. */
export function attemptNumbers({ made, attempts }: DeliveryPiece): number[] {
  return attempts.map((_, index) => (index === 0 ? 1 : made - attempts.length + index + 1));
}
