import { resolve } from 'node:path';
import type { Backlog, StateReader } from '../contract.ts';
import { readDocument } from './adapter.ts';
import { layoutOf } from './layout.ts';
import type { Ledger } from './ledger.ts';
import { createQueue } from './queue.ts';
import { recall } from './recall.ts';
import { digestsOf, sourceCodec, textOf } from './snapshot.ts';
import { stateOf } from './sources.ts';
import { surveyUnlocked } from './survey.ts';

/** Keys and digests per batch. */
const BATCH = 1000;

/** Opens a folder for reading, without its lock. Null if there is no state; throws STATE_… if it is damaged. */
export function readJsonState(folder: string): StateReader | null {
  const layout = layoutOf(resolve(folder));
  const found = surveyUnlocked(layout);
  const { identity, heads, problems } = found;
  if (problems[0]) throw problems[0].error;
  if (identity === null) return null;
  const { ledger, standing, memos, notes } = recall(found);

  /** The document that was read last, so that related calls see the same one even if the daemon replaces it. */
  let last: { readonly name: string; readonly records: Buffer } | null = null;
  function records(name: string): Buffer {
    if (last?.name !== name) {
      const [read = Buffer.alloc(0)] = readDocument(layout.source(name), sourceCodec)?.records ?? [];
      last = { name, records: read };
    }
    return last.records;
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
    notes: async () => new Map([...notes].map(([source, { note }]) => [source, note])),
    memos: async () => memos,
    webhooks: async () => [...standing.values()],
    backlog: async () => backlogOf(ledger),
    async [Symbol.asyncDispose]() {},
  };
}

function backlogOf({ deliveries }: Ledger): Backlog[] {
  const byWebhook = Map.groupBy(deliveries, ({ webhook }) => webhook);
  return [...byWebhook].map(([webhook, owed]) => {
    const queue = createQueue(() => 0);
    for (const delivery of owed) queue.add(delivery);
    return { webhook, ...queue.backlog() };
  });
}
