import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../lib/clock.ts';
import type { PollNote } from '../../model.ts';
import type { Access } from './access.ts';

/** Milliseconds for which notes are collected before they share one write. */
const DELAY = 1000;

/**
 * The notes of polls. They are kept in memory for a moment, because every poll writes one and losing the last second
 * is acceptable.
 */
export function createNotes(database: DatabaseSync, access: Access, clock: Clock) {
  const insert = database.prepare(
    'INSERT INTO sources (name, note) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET note = excluded.note',
  );
  const unwritten = new Map<string, PollNote>();
  const stopped = new AbortController();
  let timer: Promise<void> | null = null;

  async function writeAll(): Promise<void> {
    const written = await access.write(() => {
      const notes = [...unwritten];
      for (const [source, note] of notes) insert.run(source, JSON.stringify(note));
      return notes;
    });
    for (const [source, note] of written) if (unwritten.get(source) === note) unwritten.delete(source);
  }

  async function writeSoon(): Promise<void> {
    await clock.sleep(DELAY, stopped.signal);
    timer = null;
    // A failed write has called `onFatal` already.
    if (!stopped.signal.aborted) await writeAll().catch(() => undefined);
  }

  return {
    note(source: string, note: PollNote): void {
      unwritten.set(source, note);
      timer ??= writeSoon();
    },

    /** Removes the unwritten note of a source, because a newer one is about to be written. */
    take(source: string): PollNote | undefined {
      const note = unwritten.get(source);
      unwritten.delete(source);
      return note;
    },

    /** Restores the removed note, unless there is a newer one. */
    restore(source: string, note: PollNote): void {
      if (!unwritten.has(source)) this.note(source, note);
    },

    set: (source: string, note: PollNote) => insert.run(source, JSON.stringify(note)),

    all(): Map<string, PollNote> {
      return new Map([...allNotes(database), ...unwritten]);
    },

    async close(): Promise<void> {
      stopped.abort();
      await timer;
      if (unwritten.size > 0) await writeAll();
    },
  };
}

export type Notes = ReturnType<typeof createNotes>;

/** The stored notes. */
export function allNotes(database: DatabaseSync): Map<string, PollNote> {
  const rows = database.prepare('SELECT name, note FROM sources WHERE note IS NOT NULL ORDER BY id').all();
  return new Map(rows.map(({ name, note }) => [String(name), JSON.parse(String(note))]));
}
