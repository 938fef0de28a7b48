import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { makeBacklog } from '../frame/backlog.ts';
import type { Figure, Row } from '../frame/row.ts';
import { eachKind, type Kind, openSite } from '../frame/site.ts';
import { summary } from '../frame/statistics.ts';

const POLLHOOK = fileURLToPath(new URL('../../bin/pollhook.js', import.meta.url));
const SOURCES = 1000;
const RECORDS = 100;
const RUNS = 5;

async function start(kind: Kind): Promise<readonly Figure[]> {
  const webhooks = { hook: { url: '/hook/a', enabled: false } };
  const sources = Object.fromEntries(
    Array.from({ length: SOURCES }, (_, index) => [
      `desk${index}`,
      { url: '/tickets/desk?count=3', every: '1h' },
    ]),
  );
  await using site = await openSite(kind, { sources, webhooks });
  await using empty = await openSite(kind, { sources: { desk: { url: '/tickets/desk?count=3' } }, webhooks });
  const pending = await makeBacklog(site, RECORDS, 1);
  const times: number[] = [];
  const bare: number[] = [];
  await seconds(empty.config.file);
  for (let run = 0; run < RUNS; run += 1) {
    bare.push(await seconds(empty.config.file));
    times.push(await seconds(site.config.file));
  }
  const detail = `${pending} pending; ${summary(bare).value.toFixed(2)} s with one source and nothing pending`;
  return [{ what: '', unit: 's', ...summary(times), goal: { most: 3 }, detail }];
}

/** From the start of the process to its line that says so; then it is stopped in order. */
async function seconds(file: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [POLLHOOK, 'run', '-c', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  let text = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('"msg":"started"')) resolve();
    });
    child.once('exit', () => resolve());
  });
  const took = (performance.now() - began) / 1000;
  child.kill('SIGTERM');
  const [code] = await exit;
  if (code !== 0) throw new Error(`pollhook ended with ${code}: ${text}`);
  return took;
}

export const startRow: Row = {
  name: 'start',
  what: 'Start with 1 000 sources and 100 000 pending deliveries',
  against: '',
  method:
    'The command `pollhook run` from the start of its process to the line that says it has started: code, configuration, verified state, server, dispatcher and schedules. Each source has 100 tickets and 100 pending deliveries, to a webhook that is not enabled, so that all runs find the same state.',
  cases: eachKind(start),
};
