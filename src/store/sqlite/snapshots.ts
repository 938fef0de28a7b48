import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import type { SourceState } from '../../model.ts';
import { AFTER_RESET, type SnapshotDifference } from '../contract.ts';
import type { Access } from './access.ts';
import { inStretches } from './steps.ts';
import { decode, encode } from './text.ts';

/** Rows that are read before the event loop gets a turn, about a millisecond. */
const BATCH = 2000;

export interface SourceRow {
  readonly id: number;
  /** What its records are kept under. */
  readonly lineage: number;
  readonly version: number;
  readonly sequence: number;
  readonly records: number;
}

interface StateRow {
  readonly name: string;
  readonly version: number;
  readonly sequence: number;
  readonly records: number;
  /** JSON; null after a reset. */
  readonly progress: string | null;
}

/** Sources with the digests and texts of their records. */
export function createSnapshots(database: DatabaseSync, access: Access) {
  const insertSource = database.prepare('INSERT INTO sources (name) VALUES (?)');
  const findSource = database.prepare(
    'SELECT id, coalesce(lineage, id) AS lineage, version, sequence, records FROM sources WHERE name = ?',
  );
  const state = 'SELECT name, version, sequence, records, progress FROM sources WHERE version > 0';
  const allStates = database.prepare(`${state} ORDER BY id`);
  const oneState = database.prepare(`${state} AND name = ?`);
  const firstDigests = database.prepare(
    `SELECT key, digest FROM digests WHERE source = ? ORDER BY key LIMIT ${BATCH}`,
  );
  const nextDigests = database.prepare(
    `SELECT key, digest FROM digests WHERE source = ? AND key > ? ORDER BY key LIMIT ${BATCH}`,
  );
  const findText = database.prepare(
    'SELECT t.text FROM digests d JOIN texts t ON t.id = d.text WHERE d.source = ? AND d.key = ?',
  );
  const findTextId = database.prepare('SELECT text FROM digests WHERE source = ? AND key = ?');
  const insertText = database.prepare('INSERT INTO texts (text) VALUES (?)');
  const updateText = database.prepare('UPDATE texts SET text = ? WHERE id = ?');
  const deleteText = database.prepare('DELETE FROM texts WHERE id = ?');
  const insertDigest = database.prepare(
    'INSERT INTO digests (source, key, digest, text) VALUES (?, ?, ?, ?)',
  );
  const updateDigest = database.prepare('UPDATE digests SET digest = ? WHERE source = ? AND key = ?');
  const deleteDigest = database.prepare('DELETE FROM digests WHERE source = ? AND key = ?');
  const clearTexts = database.prepare(
    'DELETE FROM texts WHERE id IN (SELECT text FROM digests WHERE source = ?)',
  );
  const clearDigests = database.prepare('DELETE FROM digests WHERE source = ?');
  const clearSource = database.prepare(
    'UPDATE sources SET progress = NULL, note = NULL, records = 0 WHERE id = ?',
  );

  const hasSnapshot = database.prepare('SELECT 1 FROM sources WHERE id = ? AND progress IS NOT NULL');
  const carry = database.prepare(
    `UPDATE sources SET version = ?, sequence = ?, lineage = ?, records = old.records, progress = old.progress, note = old.note
     FROM (SELECT records, progress, note FROM sources WHERE id = ?) old WHERE id = ?`,
  );
  // Another version, so that a poll of the old name that is under way finds a conflict.
  const leave = database.prepare(
    'UPDATE sources SET version = version + 1, lineage = ?, records = 0, progress = NULL, note = NULL WHERE id = ?',
  );

  const source = (name: string) => findSource.get(name) as SourceRow | undefined;

  function clear(id: number): void {
    clearTexts.run(id);
    clearDigests.run(id);
  }

  return {
    source,

    add(name: string): SourceRow {
      insertSource.run(name);
      return source(name) as SourceRow;
    },

    states: () => (allStates.all() as unknown as StateRow[]).map(toState),

    state(name: string): SourceState | null {
      const row = oneState.get(name) as StateRow | undefined;
      return row ? toState(row) : null;
    },

    async *digests(name: string): AsyncGenerator<readonly (readonly [string, string])[]> {
      const id = await access.read(() => source(name)?.lineage);
      if (id === undefined) return;
      for (let last: string | null = null; ; await turn()) {
        const rows = (await access.read(() =>
          last === null ? firstDigests.all(id) : nextDigests.all(id, last),
        )) as {
          key: string;
          digest: string;
        }[];
        if (rows.length > 0) yield rows.map(({ key, digest }) => [decode(key), digest] as const);
        if (rows.length < BATCH) return;
        last = rows.at(-1)?.key ?? null;
      }
    },

    async values(name: string, keys: Iterable<string>): Promise<Map<string, string>> {
      const found = new Map<string, string>();
      const id = await access.read(() => source(name)?.lineage);
      if (id === undefined) return found;
      let count = 0;
      for (const key of keys) {
        const row = await access.read(() => findText.get(id, encode(key)));
        if (row) found.set(key, String(row.text));
        count += 1;
        if (count % BATCH === 0) await turn();
      }
      return found;
    },

    /**
     * Applies a difference and gives the new number of records: the cost follows the difference alone. Yields now and
     * then.
     */
    *apply(row: SourceRow, { replace, removes, upserts }: SnapshotDifference): Generator<void, number> {
      const { lineage } = row;
      let { records } = row;
      if (replace) {
        clear(lineage);
        records = 0;
      }
      yield* inStretches(removes, (key) => {
        const encoded = encode(key);
        const found = findTextId.get(lineage, encoded) as { text: number } | undefined;
        if (!found) return;
        deleteText.run(found.text);
        deleteDigest.run(lineage, encoded);
        records -= 1;
      });
      yield* inStretches(upserts, ({ key, digest, text }) => {
        const encoded = encode(key);
        const found = findTextId.get(lineage, encoded) as { text: number } | undefined;
        if (found) {
          updateText.run(text, found.text);
          updateDigest.run(digest, lineage, encoded);
        } else {
          insertDigest.run(lineage, encoded, digest, insertText.run(text).lastInsertRowid);
          records += 1;
        }
      });
      return records;
    },

    reset(name: string): void {
      const row = source(name);
      if (!row) return;
      clear(row.lineage);
      clearSource.run(row.id);
    },

    /** Swaps what two names stand for, so that no record is touched and each keeps records of its own. */
    rename(from: string, to: string): 'renamed' | 'absent' | 'occupied' {
      const old = source(from);
      if (!old || !hasSnapshot.get(old.id)) return 'absent';
      const row = source(to) ?? this.add(to);
      if (hasSnapshot.get(row.id)) return 'occupied';
      const version = Math.max(old.version, row.version + 1);
      carry.run(version, Math.max(old.sequence, row.sequence), old.lineage, old.id, row.id);
      leave.run(row.lineage, old.id);
      return 'renamed';
    },
  };
}

export type Snapshots = ReturnType<typeof createSnapshots>;

function toState({ name, progress, version, sequence, records }: StateRow): SourceState {
  return {
    ...(progress === null ? AFTER_RESET : JSON.parse(progress)),
    source: name,
    version,
    sequence,
    records,
  };
}
