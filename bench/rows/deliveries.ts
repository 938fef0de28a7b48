import { request } from 'undici';
import { createDispatcher } from '../../src/deliver/dispatcher.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { VERSION } from '../../src/lib/version.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { apply, commitsOf } from '../frame/commits.ts';
import { ratioFigure, sideBySide } from '../frame/measure.ts';
import type { Figure, Row } from '../frame/row.ts';
import { eachKind, type Kind, openSite } from '../frame/site.ts';

/** As many as are delivered in one round, each of another record. */
const BATCH = 1000;

async function deliveries(kind: Kind, concurrency: number): Promise<readonly Figure[]> {
  await using site = await openSite(kind, {
    sources: { desk: { url: '/tickets/desk' } },
    webhooks: { hook: { url: '/hook/a', concurrency } },
  });
  await using store = await site.openStore();
  const commits = commitsOf(site.source('desk'), store.identity, BATCH);
  await apply(store, commits.first());
  const { observeAttempt } = createMetrics(store, Date.now);
  let left = 0;
  let finished = () => {};
  const dispatcher = createDispatcher({
    store,
    clock: systemClock,
    random: Math.random,
    log: site.log,
    redactor: site.redactor,
    http: site.agent,
    webhooks: site.config.webhooks,
    version: VERSION,
    onSuperseded: () => undefined,
    observe(report) {
      observeAttempt(report);
      if (report.outcome !== 'delivered') throw new Error(`an attempt was ${report.outcome}`);
      left -= 1;
      if (left === 0) finished();
    },
  });
  let bodies: readonly string[] = [];
  const product = {
    operations: BATCH,
    async prepare() {
      const commit = commits.next(BATCH);
      bodies = commit.events.map((event) => event.body);
      left = BATCH;
      await apply(store, commit);
    },
    run: () =>
      new Promise<void>((resolve) => {
        finished = resolve;
        dispatcher.wake(['hook']);
      }),
  };
  const url = `${site.world.url}/hook/bare`;
  const headers = { 'content-type': 'application/json' };
  const bare = async () => {
    const unsent = bodies.values();
    const loop = async () => {
      for (const body of unsent) {
        const answer = await request(url, { dispatcher: site.agent, method: 'POST', headers, body });
        await answer.body.dump();
      }
    };
    await Promise.all(Array.from({ length: concurrency }, loop));
  };
  await product.prepare();
  await product.run();
  const comparison = await sideBySide({ run: bare, operations: BATCH }, product, { rounds: 7, turns: 2 });
  await dispatcher.stop(1000);
  return [ratioFigure(comparison, { least: 0.5 })];
}

export const deliveriesPerCpu: Row = {
  name: 'deliveries',
  what: 'Signed, durable deliveries per second of CPU',
  against: 'a bare undici POST loop of the same bodies',
  method:
    'A thousand committed deliveries of about 1 kB are claimed, signed, sent, settled durably, logged and counted by the dispatcher, with `concurrency: 4` (the default) and 64; then as many bare loops POST the same bodies and read the answers. Processor time of all threads, fsync included; the ratio is that of the loop over that of pollhook.',
  cases: {
    ...eachKind((kind) => deliveries(kind, 4), '4 at once'),
    ...eachKind((kind) => deliveries(kind, 64), '64 at once'),
  },
};
