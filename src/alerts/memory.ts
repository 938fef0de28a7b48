import { hash } from 'node:crypto';
import { ALERT_SOURCE } from '../lib/alert-source.ts';
import type { ChangeEvent } from '../model.ts';
import type { NewDelivery, Store } from '../store/contract.ts';
import { NOTHING_TOLD, type Told, textOf, toldOf } from './episodes.ts';

/** What was told of each subject, and where the events of the alert source stand. */
export interface Memory {
  readonly told: Map<string, Told>;
  version: number;
  sequence: number;
}

type Reading = Pick<Store, 'source' | 'digests' | 'values'>;

export async function readMemory(store: Reading): Promise<Memory> {
  const state = await store.source(ALERT_SOURCE);
  const keys: string[] = [];
  for await (const batch of store.digests(ALERT_SOURCE)) for (const [key] of batch) keys.push(key);
  const texts = await store.values(ALERT_SOURCE, keys);
  return {
    told: new Map([...texts].map(([key, text]) => [key, toldOf(text)])),
    version: state?.version ?? 0,
    sequence: state?.sequence ?? 0,
  };
}

/**
 * Commits what is told now of the subjects with these keys, and the events that say so. `conflict`: another process came
 * first; the memory then stands where that one left off, and the events have to be made anew.
 */
export async function writeMemory(
  store: Reading & Pick<Store, 'commit'>,
  memory: Memory,
  {
    keys,
    events,
    deliveries,
    now,
  }: {
    readonly keys: readonly string[];
    readonly events: readonly ChangeEvent[];
    readonly deliveries: readonly NewDelivery[];
    readonly now: number;
  },
): Promise<'committed' | 'conflict'> {
  const texts = keys.map((key) => ({ key, text: textOf(memory.told.get(key) ?? NOTHING_TOLD) }));
  const nothing = textOf(NOTHING_TOLD);
  const outcome = await store.commit({
    source: ALERT_SOURCE,
    expected: memory.version,
    difference: {
      replace: false,
      upserts: texts
        .filter(({ text }) => text !== nothing)
        .map(({ key, text }) => ({ key, digest: hash('sha256', text, 'base64url'), text })),
      removes: texts.filter(({ text }) => text === nothing).map(({ key }) => key),
    },
    progress: { comparison: ALERT_SOURCE, validators: null, absent: {}, shown: now },
    events,
    deliveries,
    note: { polled: now, succeeded: now, failures: 0, notBefore: 0, error: null },
  });
  if (outcome === 'conflict') {
    const { version, sequence } = await readMemory(store);
    Object.assign(memory, { version, sequence });
    return outcome;
  }
  memory.version += 1;
  memory.sequence += events.length;
  return outcome;
}
