import type { Attempt } from '../../model.ts';
import { keptAttempts, unknownAttempt } from '../attempts.ts';
import { type EventPiece, memoPieces, type Piece, type SourcePiece } from '../pieces.ts';
import { readDocument } from './adapter.ts';
import type { Layout } from './layout.ts';
import { isFinished, type OwedDelivery, type OwedEvent } from './ledger.ts';
import { createLibrary } from './library.ts';
import { openLines } from './lines.ts';
import { type Recalled, recall } from './recall.ts';
import { recordsIn, sourceCodec } from './snapshot.ts';
import { type Survey, stateCodec, survey } from './survey.ts';

/** The pieces of the state in a folder, whose lock is held. Throws the first problem of the state. */
export async function* piecesIn(layout: Layout): AsyncGenerator<Piece> {
  const found = survey(layout);
  if (found.problems[0]) throw found.problems[0].error;
  const state = readDocument(layout.state, stateCodec);
  if (!state) return;
  yield { kind: 'state', identity: state.identity, created: Date.parse(state.created) };
  const recalled = recall(found);
  for (const name of [...new Set([...found.heads.keys(), ...recalled.notes.keys()])].sort()) {
    yield sourcePiece(found, recalled, name);
    if (!found.heads.get(name)?.snapshot) continue;
    const [records = Buffer.alloc(0)] = readDocument(layout.source(name), sourceCodec)?.records ?? [];
    for (const record of recordsIn(records)) yield { kind: 'record', record };
  }
  for (const name of [...recalled.standing.keys()].sort()) {
    const standing = recalled.standing.get(name);
    if (standing) yield { kind: 'webhook', state: standing };
  }
  yield* memoPieces(recalled.memos);
  yield* eventPieces(layout, found, recalled);
}

function sourcePiece({ heads }: Survey, { notes }: Recalled, name: string): SourcePiece {
  const head = heads.get(name);
  return {
    kind: 'source',
    source: name,
    lineage: head?.lineage ?? name,
    version: head?.version ?? 0,
    sequence: head?.sequence ?? 0,
    progress: head?.snapshot?.progress ?? null,
    note: notes.get(name)?.note ?? null,
  };
}

function* eventPieces(layout: Layout, { segment }: Survey, { ledger }: Recalled): Generator<EventPiece> {
  const library = createLibrary();
  if (!segment) return;
  using journal = openLines(layout.segment(segment.number));
  const ranks = new Map(ledger.deliveries.map((delivery, rank) => [delivery, rank]));

  function attemptsOf(delivery: OwedDelivery): readonly Attempt[] {
    const folded = delivery.event.folded ? library.attempts(delivery) : [];
    const made = [...folded, ...journal.attempts(delivery.lines)];
    return keptAttempts(delivery.claimed === null ? made : [...made, unknownAttempt(delivery.claimed)]);
  }

  for (const owed of ledger.events) {
    const deliveries = owed.deliveries.map((delivery) => {
      const {
        id,
        webhook,
        state,
        steps,
        nextAttempt,
        lastStatus,
        batch,
        requeued,
        attempts: made,
      } = delivery;
      const rank = ranks.get(delivery) ?? 0;
      const attempts = attemptsOf(delivery);
      return { id, webhook, state, steps, nextAttempt, lastStatus, batch, requeued, rank, made, attempts };
    });
    yield {
      kind: 'event',
      event: library.event(owed),
      lineage: owed.lineage,
      created: owed.created,
      finished: finishedAt(owed),
      deliveries: deliveries.sort((a, b) => a.rank - b.rank),
    };
  }
}

function finishedAt(event: OwedEvent): number | null {
  if (!isFinished(event)) return null;
  if (event.deliveries.length === 0) return event.created;
  return Math.max(...event.deliveries.map(({ finished }) => finished ?? 0));
}
