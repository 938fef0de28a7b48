import { hash } from 'node:crypto';
import { ALERT_SOURCE } from '../lib/alert-source.ts';
import type { ChangeEvent } from '../model.ts';
import type { NewDelivery, Store } from '../store/contract.ts';
import { NOTHING_REPORTED, type Reported, reportedFrom, textOf } from './episodes.ts';

/** What was reported of each subject, and the version and sequence of the alert source. */
export interface Memory {
  readonly reported: Map<string, Reported>;
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
    reported: new Map([...texts].map(([key, text]) => [key, reportedFrom(text)])),
    version: state?.version ?? 0,
    sequence: state?.sequence ?? 0,
  };
}

/**
 * Commits what is reported of the subjects with these keys, together with the events. `conflict`: another process
 * committed first; the memory then has its version and sequence, and the events have to be made again.
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
  const texts = keys.map((key) => ({ key, text: textOf(memory.reported.get(key) ?? NOTHING_REPORTED) }));
  const nothing = textOf(NOTHING_REPORTED);
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
