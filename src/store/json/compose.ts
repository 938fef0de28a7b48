import { dirname } from 'node:path';
import type { Piece, SourcePiece } from '../pieces.ts';
import type { Shelf } from './adapter.ts';
import { createBinder } from './binder.ts';
import { type Kind, sealDocument } from './document.ts';
import type { Layout } from './layout.ts';
import { type DatedNote, notesCodec } from './notes.ts';
import { encodeLine, encodeSegment } from './segment.ts';
import { lineOf, type SourceHead, sourceCodec } from './snapshot.ts';
import { stateCodec } from './survey.ts';

/**
 * Writes pieces as documents into an empty folder, durably. At most one source, 500 events and the entries of the
 * journal are in memory.
 */
export async function compose(
  layout: Layout,
  pieces: AsyncIterable<Piece>,
  { disk, guard }: Shelf,
): Promise<void> {
  const folders = [layout.sources, layout.spool, layout.outbox, layout.history];

  async function put(file: string, chunks: readonly Buffer[]): Promise<void> {
    await guard.run(file, async () => {
      const handle = await disk.create(file);
      await disk.write(handle, chunks);
      await disk.fsync(handle);
      await disk.close(handle);
    });
  }
  const seal = (file: string, kind: Kind, lines: readonly Buffer[]) => put(file, sealDocument(kind, lines));

  const binder = createBinder(layout, seal);
  const standings: Buffer[] = [];
  const notes: DatedNote[] = [];
  let state: Extract<Piece, { kind: 'state' }> | null = null;
  let source: SourcePiece | null = null;
  let records: Buffer[] = [];

  async function writeSource(): Promise<void> {
    if (source && source.version > 0) {
      const head = headOf(source, records.length);
      await seal(layout.source(head.source), 'source', sourceCodec.encode({ head, records }));
    } else if (source?.note) {
      notes.push({ source: source.source, revision: 0, note: source.note });
    }
    source = null;
    records = [];
  }

  await guard.run(layout.folder, async () => {
    for (const folder of folders) await disk.mkdir(folder);
  });
  for await (const piece of pieces) {
    if (piece.kind === 'record') {
      records.push(lineOf(piece.record));
      continue;
    }
    await writeSource();
    if (piece.kind === 'state') state = piece;
    else if (piece.kind === 'source') source = piece;
    else if (piece.kind === 'webhook') standings.push(encodeLine({ webhook: piece.state }, 0));
    else if (piece.kind === 'memo') standings.push(encodeLine({ memo: piece.name, value: piece.value }, 0));
    else await binder.add(piece);
  }
  await writeSource();
  await binder.finish();
  if (!state) throw new RangeError('no pieces');
  const created = new Date(state.created).toISOString();
  await put(layout.segment(1), encodeSegment([...standings, ...binder.journal]));
  if (notes.length > 0) await seal(layout.polls, 'polls', notesCodec.encode(notes));
  await seal(layout.state, 'state', stateCodec.encode({ identity: state.identity, created }));
  await guard.run(layout.folder, async () => {
    for (const folder of [...folders, layout.folder, dirname(layout.folder)]) await disk.fsyncFolder(folder);
  });
}

function headOf(piece: SourcePiece, records: number): SourceHead {
  const { source, lineage, version, sequence, progress, note } = piece;
  const snapshot = progress && { records, progress };
  const head = { source, revision: version, version, sequence, snapshot, note };
  return lineage === source ? head : { ...head, lineage };
}
