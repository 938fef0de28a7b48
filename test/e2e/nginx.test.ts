import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/log.ts';
import { Redactor } from '../../src/lib/redact.ts';
import { type Logged, NGINX, Nginx } from './nginx.ts';

const skip = NGINX ? false : 'there is no nginx here (Debian: apt-get install nginx-light)';

/** Seconds of each run; many for a proof by hand: POLLHOOK_NGINX_SECONDS=600 */
const SECONDS = Number(process.env.POLLHOOK_NGINX_SECONDS ?? 2.5);

/** Polls a limiting nginx with the whole daemon on the real clock, as eagerly as the configuration allows. */
async function poll(
  nginx: Nginx,
  { sources, every, budgets = '', budget = '' }: Plan,
): Promise<readonly Logged[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-nginx-run-'));
  const lines = Array.from(
    { length: sources },
    (_, at) => `  s${at}: { url: "${nginx.origin}/${at}", key: id, every: ${every}, ${budget} }\n`,
  );
  const file = join(folder, 'config.yaml');
  const webhooks = 'webhooks: { w: { url: "http://127.0.0.1:9/", sign: none } }\n';
  await writeFile(file, `server: { listen: false }\n${budgets}sources:\n${lines.join('')}${webhooks}`);
  const loaded = loadConfig(file, {});
  assert.ok(loaded.kind === 'ok', JSON.stringify(loaded));
  const redactor = new Redactor([]);
  const log = createLogger({ level: 'silent', format: 'json', redactor });
  const app = await startApp({ config: loaded.config, log, redactor });
  await systemClock.sleep(SECONDS * 1000);
  await app.stop();
  await rm(folder, { recursive: true, force: true });
  return nginx.log();
}

interface Plan {
  readonly sources: number;
  readonly every: string;
  readonly budgets?: string;
  readonly budget?: string;
}

const refusals = (log: readonly Logged[]) => log.filter(({ status }) => status === 429);

function tell(name: string, log: readonly Logged[]): void {
  if (process.env.POLLHOOK_NGINX_SECONDS === undefined) return;
  const count = refusals(log).length;
  const last = Math.max(0, ...refusals(log).map(({ at }) => at - (log[0]?.at ?? 0)));
  console.log(
    `${name}: ${SECONDS} s, ${log.length} requests, ${count} × 429, the last after ${Math.round(last)} ms`,
  );
}

describe('a real nginx that limits requests', { concurrency: true, skip }, () => {
  for (const [options, rate] of [
    ['', 'rate: 10/1s, burst: 1'],
    ['burst=5 nodelay', 'rate: 10/1s, burst: 5'],
  ] as const) {
    test(`nginx limit_req rate=10r/s ${options}: with its figures as a budget, not one 429`, async () => {
      await using nginx = await Nginx.start('rate=10r/s', options);
      const log = await poll(nginx, {
        sources: 8,
        every: '300ms',
        budgets: `budgets: { web: { ${rate} } }\n`,
        budget: 'budget: web',
      });
      tell(`budget of ${rate}`, log);
      assert.deepEqual(refusals(log), []);
      assert.ok(log.length >= SECONDS * 3, `${log.length} requests`);
    });
  }

  test('nginx limit_req without a budget: settles after the first refusals', async () => {
    await using nginx = await Nginx.start('rate=20r/s', 'burst=2 nodelay');
    const log = await poll(nginx, { sources: 8, every: '100ms' });
    tell('no budget', log);
    const all = refusals(log);
    assert.ok(all.length >= 1, 'it was refused at all');
    assert.ok(all.length <= 40, `${all.length} refusals`);
  });
});
