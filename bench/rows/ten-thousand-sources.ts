import { setTimeout as wait } from 'node:timers/promises';
import { startApp } from '../../src/app.ts';
import { apply, commitsOf } from '../frame/commits.ts';
import type { Figure, Row } from '../frame/row.ts';
import { eachKind, type Kind, openSite, type Site } from '../frame/site.ts';
import { quantile, summary } from '../frame/statistics.ts';

const SOURCES = 10_000;
const INTERVAL = 60_000;
/** Committed at a time while the state is made. */
const TOGETHER = 50;
/** After the start, before anything counts. */
const SETTLE = 6000;
const SLICES = 12;
const SLICE = 2000;

const name = (index: number) => `desk${index}`;

async function tenThousand(kind: Kind): Promise<readonly Figure[]> {
  const sources = Array.from(
    { length: SOURCES },
    (_, index) => [name(index), { url: `/tickets/${name(index)}?count=3&log`, every: '60s' }] as const,
  );
  await using site = await openSite(kind, {
    sources: Object.fromEntries(sources),
    webhooks: { hook: { url: '/hook/a' } },
  });
  const polled = await prepare(site);
  const app = await startApp(site);
  await wait(SETTLE);
  const from = Date.now();
  const shares: number[] = [];
  while (shares.length < SLICES) shares.push(await share());
  const to = Date.now();
  await wait(2000);
  const arrivals = await site.world.ask<{ [path: string]: number[] }>('arrivals');
  await app.stop();
  const late = polled.flatMap((time, index) => {
    const due = time + INTERVAL;
    if (due < from || due >= to) return [];
    return (
      (arrivals[`/tickets/${name(index)}`]?.find((at) => at >= due - 100) ?? Number.POSITIVE_INFINITY) - due
    );
  });
  const seconds = (to - from) / 1000;
  const rate = `${late.length} polls in ${seconds.toFixed(0)} s`;
  return [
    { what: 'CPU, share of one core', unit: '%', ...summary(shares), goal: { most: 25 }, detail: rate },
    {
      what: 'latest poll',
      unit: 'ms',
      value: Math.max(...late),
      low: quantile(late, 0.5),
      high: Math.max(...late),
      goal: { most: 1000 },
      detail: `median ${quantile(late, 0.5).toFixed(1)} ms, p99 ${quantile(late, 0.99).toFixed(1)} ms; RSS ${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
    },
  ];
}

/** Makes the state that an hour of polling leaves, and gives when each source was polled last: evenly spread. */
async function prepare(site: Site): Promise<readonly number[]> {
  await using store = await site.openStore();
  const names = [...site.config.sources.keys()];
  for (let at = 0; at < names.length; at += TOGETHER) {
    const some = names.slice(at, at + TOGETHER);
    await Promise.all(
      some.map((one) => apply(store, commitsOf(site.source(one), store.identity, 3).first())),
    );
  }
  const now = Date.now();
  return names.map((one, index) => {
    // None is due before the daemon has started.
    const time = Math.round(now - INTERVAL + 3000 + (index * INTERVAL) / SOURCES);
    store.note(one, { polled: time, succeeded: time, failures: 0, notBefore: 0, error: null });
    return time;
  });
}

async function share(): Promise<number> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await wait(SLICE);
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 10 / (performance.now() - began);
}

export const tenThousandSources: Row = {
  name: 'ten-thousand-sources',
  what: '10 000 sources, polled every 60 s',
  against: '',
  method:
    'The whole daemon on 10 000 sources of three tickets that do not change, with a state in which their last polls are spread over the minute before. After six seconds, its share of one core in slices of two seconds, for 24 seconds: every source that was due in that time is compared with when the server got its request.',
  cases: eachKind(tenThousand),
};
