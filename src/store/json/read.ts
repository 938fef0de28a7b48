import { resolve } from 'node:path';
import type { StateReader } from '../contract.ts';
import { readDocument } from './adapter.ts';
import { layoutOf } from './layout.ts';
import { digestsOf, sourceCodec, textOf } from './snapshot.ts';
import { stateOf } from './sources.ts';
import { survey } from './survey.ts';

/** Keys and digests that are handed out at a stretch. */
const BATCH = 1000;

/** Looks at a folder without taking its lock. Null if there is no state; throws STATE_… if it is damaged. */
export function readJsonState(folder: string): StateReader | null {
  const layout = layoutOf(resolve(folder));
  const { identity, heads, notes, problems } = survey(layout);
  if (problems[0]) throw problems[0].error;
  if (identity === null) return null;

  function records(name: string): Buffer {
    return readDocument(layout.source(name), sourceCodec)?.records[0] ?? Buffer.alloc(0);
  }

  return {
    identity,
    sources: async () => [...heads.values()].flatMap((head) => stateOf(head) ?? []),
    source: async (name) => stateOf(heads.get(name)),
    async *digests(name) {
      yield* digestsOf(records(name), BATCH);
    },
    async values(name, keys) {
      const all = records(name);
      return new Map(
        [...keys].flatMap((key) => {
          const text = textOf(all, key);
          return text === null ? [] : [[key, text]];
        }),
      );
    },
    notes: async () => new Map(notes.map(({ source, note }) => [source, note])),
    async [Symbol.asyncDispose]() {},
  };
}
