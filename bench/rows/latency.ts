import { startApp } from '../../src/app.ts';
import { LIVE, LIVE_HOOK, latencies, latencyFigure } from '../frame/latency.ts';
import type { Figure, Row } from '../frame/row.ts';
import { eachKind, type Kind, openSite } from '../frame/site.ts';

const RUNS = 6;
const SECONDS = 4;

async function latency(kind: Kind): Promise<readonly Figure[]> {
  await using site = await openSite(kind, { sources: { live: LIVE }, webhooks: { live: LIVE_HOOK } });
  const app = await startApp(site);
  await latencies(site.world, 2);
  const runs: (readonly number[])[] = [];
  while (runs.length < RUNS) runs.push(await latencies(site.world, SECONDS));
  await app.stop();
  return [latencyFigure('p50', runs, 0.5, { most: 5 }), latencyFigure('p99', runs, 0.99, { most: 20 })];
}

export const latencyRow: Row = {
  name: 'latency',
  what: 'Change seen → webhook received, idle machine',
  against: '',
  method:
    "The whole daemon polls a list of 100 tickets ten times a second; one has changed at every poll. One clock, that of the process which is source and receiver, measures from the moment it begins to send the answer that shows the change until it has read the webhook's body: the transfer of both is included, the receiver's own answer is not. The spread is that of the runs.",
  cases: eachKind(latency),
};
