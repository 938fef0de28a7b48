import type { Poller } from '../../src/poll.ts';
import type { Figure, Goal, Row } from '../frame/row.ts';
import { eachKind, type Kind, openSite, pollerOf } from '../frame/site.ts';
import { summary } from '../frame/statistics.ts';

const signal = new AbortController().signal;
const RECORDS = 10_000;
/** The first, two that see changes, two that see none. */
const POLLS = 5;
/** The first few warm up. */
const SOURCES = 8;
const WARM_UP = 3;
const GOALS: { readonly [kind in Kind]: Goal } = { json: { most: 1.5 }, sqlite: { most: 0.2 } };

async function memory(kind: Kind): Promise<readonly Figure[]> {
  const path = (name: string) => `/tickets/${name}?count=${RECORDS}&changing=10&until=2`;
  const names = Array.from({ length: SOURCES }, (_, index) => `desk${index}`);
  await using site = await openSite(kind, {
    sources: Object.fromEntries(names.map((name) => [name, { url: path(name) }])),
    webhooks: { hook: { url: '/hook/a' } },
  });
  await using store = await site.openStore();
  const raw = (await (await fetch(site.world.url + path('raw'))).arrayBuffer()).byteLength;
  /** Held on to, as the daemon does. */
  const pollers: Poller[] = [];
  const ratios: number[] = [];
  const used: number[] = [];
  let before = await atRest();
  for (const name of names) {
    const poller = pollerOf(site, name, store);
    pollers.push(poller);
    let { note } = await poller.poll(null, signal);
    for (let poll = 1; poll < POLLS; poll += 1) note = (await poller.poll(note, signal)).note;
    const after = await atRest();
    if (pollers.length > WARM_UP) {
      used.push((after - before) / 1e6);
      ratios.push((after - before) / raw);
    }
    before = after;
  }
  const detail = `${summary(used).value.toFixed(2)} MB against ${(raw / 1e6).toFixed(2)} MB; RSS of the process ${Math.round(process.memoryUsage.rss() / 1e6)} MB with ${pollers.length} such sources`;
  return [{ what: '', unit: '×', ...summary(ratios), goal: GOALS[kind], detail }];
}

/** Bytes of the heap and outside of it (buffers), after all garbage is gone. */
async function atRest(): Promise<number> {
  const { gc } = globalThis;
  if (!gc) throw new Error('run with --expose-gc');
  for (let turn = 0; turn < 4; turn += 1) {
    await gc({ execution: 'async' });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export const memoryRow: Row = {
  name: 'memory',
  what: 'Memory of 10 000 records at rest',
  against: 'their raw JSON',
  method:
    'Pollers of eight sources with 10 000 tickets each are made one after another; each polls five times, twice with 10 changes and then twice without, and is kept. After garbage collection, what each added to the heap and to the buffers outside of it (`heapUsed + external`, which includes array buffers) is divided by the size of the body. The first three are left out: they also load code.',
  cases: eachKind(memory),
};
