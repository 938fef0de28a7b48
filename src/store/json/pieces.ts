import { readFileSync } from 'node:fs';
import type { Attempt } from '../../model.ts';
import { type EventPiece, type Piece, type SourcePiece, unknownAttempt } from '../contract.ts';
import { readDocument } from './adapter.ts';
import type { Layout } from './layout.ts';
import { isFinished, type OwedDelivery, type OwedEvent } from './ledger.ts';
import { createLibrary } from './library.ts';
import { type Recalled, recall } from './recall.ts';
import { attemptsAt } from './segment.ts';
import { recordsIn, sourceCodec } from './snapshot.ts';
import { type Survey, stateCodec, survey } from './survey.ts';

/** The state in a folder, whose lock is held. Throws the first of what is wrong with it. */
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
  yield* eventPieces(layout, found, recalled);
}

function sourcePiece({ heads }: Survey, { notes }: Recalled, name: string): SourcePiece {
  const head = heads.get(name);
  return {
    kind: 'source',
    source: name,
    version: head?.version ?? 0,
    sequence: head?.sequence ?? 0,
    progress: head?.snapshot?.progress ?? null,
    note: notes.get(name)?.note ?? null,
  };
}

function* eventPieces(layout: Layout, { segment }: Survey, { ledger }: Recalled): Generator<EventPiece> {
  const library = createLibrary();
  const journal = segment ? readFileSync(layout.segment(segment.number)) : Buffer.alloc(0);
  const ranks = new Map(ledger.deliveries.map((delivery, rank) => [delivery, rank]));

  function attemptsOf(delivery: OwedDelivery): readonly Attempt[] {
    if (delivery.event.folded) return library.attempts(delivery);
    const made = attemptsAt(journal, delivery.lines);
    return delivery.claimed === null ? made : [...made, unknownAttempt(delivery.claimed)];
  }

  for (const owed of ledger.events) {
    const deliveries = owed.deliveries.map((delivery) => {
      const { id, webhook, state, steps, nextAttempt, lastStatus } = delivery;
      const rank = ranks.get(delivery) ?? 0;
      return { id, webhook, state, steps, nextAttempt, lastStatus, rank, attempts: attemptsOf(delivery) };
    });
    yield {
      kind: 'event',
      event: library.event(owed),
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
