import { setTimeout as wait } from 'node:timers/promises';
import { startApp } from '../../src/app.ts';
import { makeBacklog } from '../frame/backlog.ts';
import { LIVE, LIVE_HOOK, latencies } from '../frame/latency.ts';
import type { Figure, Row } from '../frame/row.ts';
import { eachKind, type Kind, openSite } from '../frame/site.ts';
import { quantile, summary } from '../frame/statistics.ts';
import type { World } from '../frame/world.ts';
import type { Receipts } from '../world/receiver.ts';

const RECORDS = 1000;
const ROUNDS = 100;
const RUNS = 4;
const SECONDS = 3;
/** What is not delivered by then is not waited for. */
const LONGEST_DRAIN = 45_000;
const DEAD = '/hook/dead';

async function backlog(kind: Kind): Promise<readonly Figure[]> {
  const wanted = {
    sources: { live: LIVE, desk: { url: '/tickets/desk?count=1', every: '10h', send_to: 'dead' } },
    webhooks: {
      live: LIVE_HOOK,
      dead: { url: DEAD, concurrency: 16, probe: { first: '1s', factor: 1, max: '1s' } },
    },
  };
  await using free = await openSite(kind, wanted);
  await using site = await openSite(kind, wanted);
  const pending = await makeBacklog(site, RECORDS, ROUNDS);
  await site.world.ask('kill', DEAD);
  const without: (readonly number[])[] = [];
  const burdened: (readonly number[])[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    without.push(await during(free));
    burdened.push(await during(site));
  }
  const app = await startApp(site);
  await wait(2000);
  const memory = watchMemory();
  const drained = await drain(site.world, pending);
  const { first, peak } = memory.stop();
  const live = await site.world.ask<readonly number[]>('latencies', LIVE_HOOK.url);
  await app.stop();
  const ratios = burdened.map((run, index) => quantile(run, 0.5) / quantile(without[index] ?? [], 0.5));
  const p99 = (runs: readonly (readonly number[])[]) => quantile(runs.flat(), 0.99).toFixed(1);
  const { received, disorder, seconds } = drained;
  const exact = (value: number) => ({ value, low: value, high: value });
  return [
    {
      what: 'change → webhook of another source, while the receiver is dead',
      unit: '×',
      ...summary(ratios),
      goal: { most: 1.25 },
      detail: `p50 ${quantile(burdened.flat(), 0.5).toFixed(1)} ms against ${quantile(without.flat(), 0.5).toFixed(1)} ms without a backlog, p99 ${p99(burdened)} ms against ${p99(without)} ms; while it drains p50 ${quantile(live, 0.5).toFixed(1)} ms, p99 ${quantile(live, 0.99).toFixed(1)} ms`,
    },
    {
      what: 'RSS at most, from the start to the end of the drain',
      unit: '×',
      ...exact(peak / first),
      goal: { most: 1.5 },
      detail: `${(first / 1e6).toFixed(0)} MB with ${pending} pending, ${(peak / 1e6).toFixed(0)} MB at most`,
    },
    {
      what: 'drained in order: events after a later one of their record',
      unit: '',
      ...exact(disorder),
      goal: { most: 0 },
      detail: `${received} of ${pending} in ${seconds.toFixed(1)} s, ${Math.round(received / seconds)} a second`,
    },
  ];
}

/** The latencies of the live source during one run of the daemon. */
async function during(site: Awaited<ReturnType<typeof openSite>>): Promise<readonly number[]> {
  const app = await startApp(site);
  await wait(1500);
  const found = await latencies(site.world, SECONDS);
  await app.stop();
  return found;
}

/** The receiver is back: waits until it has everything. */
async function drain(world: World, pending: number): Promise<Receipts & { readonly seconds: number }> {
  await world.ask('revive', DEAD);
  await world.ask('latencies', LIVE_HOOK.url);
  let began: number | null = null;
  for (;;) {
    await wait(20);
    const receipts = await world.ask<Receipts>('receipts', DEAD);
    if (receipts.received === 0) continue;
    began ??= performance.now();
    const time = performance.now() - began;
    if (receipts.received >= pending || time > LONGEST_DRAIN) return { ...receipts, seconds: time / 1000 };
  }
}

function watchMemory() {
  const first = process.memoryUsage.rss();
  let peak = first;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return { first, peak };
    },
  };
}

export const backlogRow: Row = {
  name: 'backlog',
  what: 'Backlog of 100 000 deliveries to a dead receiver',
  against: 'the same daemon without a backlog',
  method:
    'A state with 100 000 pending deliveries, 100 for each of 1 000 records, to a receiver that answers 503, beside a source that changes ten times a second and has a webhook of its own. Its latency (as in the row of the latency) is measured in turn with and without the backlog; then the receiver answers again, and what it gets is checked to come in the order of each record. The dead webhook has `concurrency: 16` and is probed every second; a drain is not waited for longer than 45 seconds. Unaffected is taken to mean a median of at most 1.25 × the one without a backlog, bounded an RSS of at most 1.5 × the one that the daemon has once it has started.',
  cases: eachKind(backlog),
};
