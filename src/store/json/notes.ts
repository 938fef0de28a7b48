import { Low } from 'lowdb';
import type { Clock } from '../../lib/clock.ts';
import type { PollNote } from '../../model.ts';
import { type Codec, durable, type Shelf } from './adapter.ts';
import { line, lineStarts } from './document.ts';

/** Milliseconds for which notes are collected before they are written: what a power cut can lose. */
const WAIT = 1000;

export interface DatedNote {
  readonly source: string;
  /** Version of the source's document at that time: a later commit or reset invalidates the note. */
  readonly revision: number;
  readonly note: PollNote;
}

/** Encoded notes: of ten thousand sources only some hundred change between two writes. */
const lines = new WeakMap<DatedNote, Buffer>();

function lineOf(note: DatedNote): Buffer {
  const known = lines.get(note) ?? line(note);
  lines.set(note, known);
  return known;
}

export const notesCodec: Codec<readonly DatedNote[]> = {
  kind: 'polls',
  encode: (notes) => notes.map(lineOf),
  decode: (bytes) =>
    lineStarts(bytes)
      .slice(1)
      .map((end, index, ends) => JSON.parse(bytes.toString('utf8', index === 0 ? 0 : ends[index - 1], end))),
};

/** The notes of all sources, in memory and, soon after, in one document. */
export interface Notes {
  all(): ReadonlyMap<string, PollNote>;
  set(source: string, revision: number, note: PollNote): void;
  /** Writes all notes durably. */
  remove(source: string): Promise<void>;
  close(): Promise<void>;
}

export interface NotesOptions extends Shelf {
  readonly file: string;
  readonly clock: Clock;
  readonly notes: Map<string, DatedNote>;
}

export function createNotes({ file, clock, notes, ...shelf }: NotesOptions): Notes {
  const document = new Low<readonly DatedNote[]>(durable(shelf, file, notesCodec), []);
  const closing = new AbortController();
  let dirty = false;
  let writing: Promise<void> | null = null;

  async function write(): Promise<void> {
    if (!dirty) return;
    dirty = false;
    document.data = [...notes.values()];
    await document.write();
  }

  async function writeSoon(): Promise<void> {
    await clock.sleep(WAIT, closing.signal);
    // A failure was reported by the guard, and nobody awaits this write.
    await write().catch(() => undefined);
    writing = null;
    if (dirty) touch();
  }

  function touch(): void {
    dirty = true;
    if (!closing.signal.aborted) writing ??= writeSoon();
  }

  return {
    all: () => new Map([...notes].map(([source, { note }]) => [source, note])),
    set(source, revision, note) {
      notes.set(source, { source, revision, note });
      touch();
    },
    async remove(source) {
      if (!notes.delete(source)) return;
      dirty = true;
      await write();
    },
    async close() {
      closing.abort();
      await writing;
      await write();
    },
  };
}
