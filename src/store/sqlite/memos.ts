import type { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../../model.ts';
import { decode, encode } from './text.ts';

/** Small named values outside of commits. */
export function createMemos(database: DatabaseSync) {
  const set = database.prepare('INSERT OR REPLACE INTO memos VALUES (?, ?)');
  const forget = database.prepare('DELETE FROM memos WHERE name = ?');
  const all = database.prepare('SELECT name, value FROM memos ORDER BY name');

  return {
    set(name: string, value: JsonObject | null): void {
      if (value === null) forget.run(encode(name));
      else set.run(encode(name), JSON.stringify(value));
    },

    all: () =>
      new Map(
        all
          .all()
          .map(({ name, value }): [string, JsonObject] => [decode(String(name)), JSON.parse(String(value))]),
      ),
  };
}
