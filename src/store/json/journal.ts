import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { publish, remove, type Shelf } from './adapter.ts';
import { whenThereIsRoom } from './disk.ts';
import { FORMAT } from './document.ts';
import type { Layout } from './layout.ts';
import { type Lines, openLines } from './lines.ts';
import { type DeliveryEntry, type Entry, encodeLine, encodeSegment, readSegment } from './segment.ts';

/**
 * Bytes beyond which a segment is compacted, or twice its live entries if they are more, so that the work stays
 * proportional.
 */
const COMPACT_AT = 1_000_000;
/** Lines that are read before the event loop gets a turn, about a millisecond. */
const STRETCH = 500;

/** The journal of the outbox, to which entries are appended. */
export interface Journal {
  /**
   * Resolves when the entries are durable, sharing one write and one fdatasync with all callers that wait. `applied` is
   * called right then, in the order of the journal, with the place of each line.
   */
  append(entries: readonly Entry[], applied: (lines: readonly number[]) => void): Promise<void>;
  /** Opens the current segment for reading lines; their offsets stay valid even if the journal is compacted. */
  reader(): Lines;
  close(): Promise<void>;
}

export interface JournalOptions extends Shelf {
  readonly layout: Layout;
  /** Of the newest segment, which is there. */
  readonly number: number;
  /** Its format: an older one is replaced by a new segment before anything is added. */
  readonly format: number;
  /** End of its valid part. */
  readonly length: number;
  /** Whether an entry about a delivery is still needed; called when a segment is compacted. */
  isOfUse(entry: DeliveryEntry, line: number): boolean;
  /** Called with the new offsets of all kept lines; some may have become needless meanwhile. */
  moved(lines: readonly Moved[]): void;
}

export interface Moved {
  readonly entry: Entry;
  /** The old and new offset of a line. */
  readonly from: number;
  readonly to: number;
}

interface Waiting {
  readonly entries: readonly Entry[];
  readonly applied: (lines: readonly number[]) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Kept {
  readonly entry: Entry;
  readonly from: number;
  readonly line: Buffer;
}

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { layout, disk, guard, isOfUse, moved } = options;
  let { number, length } = options;
  let file = layout.segment(number);
  let live = 0;
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;

  let handle = await guard.run(file, async () => {
    const opened = await disk.openAppend(file);
    // Cuts a torn end, which was never acknowledged. Synced even if nothing is torn, since a killed process may not have
    // done so.
    await disk.truncate(opened, length);
    await disk.fsync(opened);
    return opened;
  });

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        // Includes the compaction, whose failure would be silent otherwise.
        await guard.run(file, async () => {
          await writeGroup(group);
          if (length > Math.max(COMPACT_AT, 2 * live)) await compact();
        });
      } catch (error) {
        for (const { reject } of [...group, ...waiting]) reject(error);
        waiting = [];
      }
    }
    writing = null;
  }

  async function writeGroup(group: readonly Waiting[]): Promise<void> {
    const entries = group.flatMap((one) => one.entries);
    const lines = entries.map((entry, index) => encodeLine(entry, length, index < entries.length - 1));
    const starts: number[] = [];
    let end = length;
    for (const line of lines) {
      starts.push(end);
      end += line.length;
    }
    await disk.write(handle, [Buffer.concat(lines)]);
    await disk.fdatasync(handle);
    length = end;
    for (const { entries, applied, resolve } of group) {
      applied(starts.splice(0, entries.length));
      resolve();
    }
  }

  /**
   * Begins a new segment with what is live. Until it is published whole, the old one counts; after that, it does not.
   */
  async function compact(): Promise<void> {
    const bytes = await whenThereIsRoom(async () => readFileSync(file));
    const deliveries: Kept[] = [];
    // Of webhooks and memos only the last entry is kept.
    const standings = new Map<string, Kept>();
    const memos = new Map<string, Kept>();
    let read = 0;
    for (const { entry, start, end } of readSegment(bytes, file)) {
      const line = bytes.subarray(start, end);
      const kept = { entry, from: start, line };
      if ('webhook' in entry) standings.set(entry.webhook.name, kept);
      else if (!('memo' in entry)) {
        if (isOfUse(entry, start)) deliveries.push(kept);
      } else if (entry.value === null) memos.delete(entry.memo);
      else memos.set(entry.memo, kept);
      read += 1;
      if (read % STRETCH === 0) await nextTurn();
    }
    const kept = [...standings.values(), ...memos.values(), ...deliveries];
    const lines = encodeSegment(kept.map(({ line }) => line));
    const next = layout.segment(number + 1);
    await publish(options, next, lines);
    const opened = await disk.openAppend(next);
    const [old, oldHandle] = [file, handle];
    live = lines.reduce((sum, line) => sum + line.length, 0);
    [number, file, handle, length] = [number + 1, next, opened, live];
    let place = lines[0]?.length ?? 0;
    moved(
      kept.map(({ entry, from, line }) => {
        place += line.length;
        return { entry, from, to: place - line.length };
      }),
    );
    await disk.close(oldHandle);
    await remove(options, [old]);
  }

  // The head must state the new format before lines of the new format follow.
  if (options.format < FORMAT) await guard.run(file, compact);

  return {
    append(entries, applied) {
      guard.check();
      return new Promise((resolve, reject) => {
        waiting.push({ entries, applied, resolve, reject });
        // Deferred, so that callers of the same turn share a group.
        writing ??= Promise.resolve().then(writeAll);
      });
    },

    reader: () => openLines(file),

    async close() {
      await writing;
      await guard.run(file, () => disk.close(handle));
    },
  };
}
