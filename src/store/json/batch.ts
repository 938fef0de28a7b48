import type { Attempt, ChangeEvent, DeliveryState } from '../../model.ts';
import type { Codec } from './adapter.ts';
import { damagedFile, line, lineStarts } from './document.ts';

/**
 * Events of one commit with their deliveries. A document of the spool holds one batch; one of the history holds
 * several, and a large commit may be spread over some of them. The index comes first, one line per event follows, so
 * that no bodies are read at the start.
 */
export interface Batch extends BatchIndex {
  /** One line per event of the index, in its order. */
  readonly lines: readonly Buffer[];
}

export interface BatchIndex {
  readonly source: string;
  /** The name under which the streams of its deliveries began; absent if it is the source's current one. */
  readonly lineage?: string;
  /** Number of the batch among those of all sources, which is the order of deliveries. */
  readonly commit: number;
  readonly created: number;
  readonly events: readonly IndexedEvent[];
  readonly deliveries: readonly StoredDelivery[];
}

export type IndexedEvent = Pick<ChangeEvent, 'sequence' | 'key' | 'id' | 'change' | 'type'>;

export interface StoredDelivery {
  readonly id: string;
  /** Sequence of its event. */
  readonly event: number;
  readonly webhook: string;
  /** Position among the deliveries of its commit. */
  readonly place: number;
  /** Only in the history; until then it is in the journal. */
  readonly settled?: Settled;
}

export interface Settled {
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly steps: number;
  readonly nextAttempt: number;
  readonly lastStatus: number | null;
  readonly finished: number;
  /** Id of the batch that it was last sent in. */
  readonly batch?: string;
  /** Number of marks in the journal by then. */
  readonly marks?: number;
}

/** The line of an event; it has the attempts of its deliveries only in the history. */
interface EventLine extends Omit<ChangeEvent, 'source'> {
  readonly attempts?: readonly (readonly [delivery: string, attempts: readonly Attempt[]])[];
}

export type BatchKind = 'batch' | 'history';

export function batchCodec(kind: BatchKind): Codec<readonly Batch[]> {
  return {
    kind,
    encode: (batches) => batches.flatMap(({ lines, ...index }) => [line(index), ...lines]),
    decode(bytes, file) {
      const starts = lineStarts(bytes);
      const batches: Batch[] = [];
      for (let at = 0; at < starts.length - 1; ) {
        const index: BatchIndex = JSON.parse(bytes.toString('utf8', starts[at], starts[at + 1]));
        const after = at + 1 + index.events.length;
        if (after >= starts.length) throw damagedFile(file, 'it holds fewer events than its index says');
        const lines = index.events.map((_, event) =>
          bytes.subarray(starts[at + 1 + event], starts[at + 2 + event]),
        );
        batches.push({
          ...index,
          events: index.events.map((event, place) => whole(event, lines[place])),
          lines,
        });
        at = after;
      }
      return batches;
    },
  };
}

export function indexed({ sequence, key, id, change, type }: IndexedEvent): IndexedEvent {
  return { sequence, key, id, change, type };
}

/** In format 1 an index had only sequence and key. */
function whole(event: IndexedEvent, line: Buffer | undefined): IndexedEvent {
  return event.id === undefined ? indexed(JSON.parse(String(line))) : event;
}

export function eventLine({ source: _, ...event }: ChangeEvent): Buffer {
  return line(event);
}

/** The line of an event for the history, with its attempts, which the journal then no longer holds. */
export function withAttempts(bytes: Buffer, attempts: EventLine['attempts'] = []): Buffer {
  return attempts.length === 0 ? bytes : line({ ...JSON.parse(bytes.toString()), attempts });
}

export function readEvent(source: string, bytes: Buffer): ChangeEvent {
  const { id, sequence, key, change, type, timestamp, body }: EventLine = JSON.parse(bytes.toString());
  return { id, source, sequence, key, change, type, timestamp, body };
}

/** Attempts that were folded into the history with an event, oldest first. */
export function readAttempts(bytes: Buffer, delivery: string): readonly Attempt[] {
  const { attempts = [] }: EventLine = JSON.parse(bytes.toString());
  return attempts.find(([id]) => id === delivery)?.[1] ?? [];
}
