import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApp } from '../../app.ts';
import { systemClock } from '../../lib/clock.ts';
import { createLogger } from '../../lib/log.ts';
import type { Io } from '../io.ts';
import { listen } from '../listen.ts';
import { load } from '../load.ts';
import { stopSignal } from '../stop-signal.ts';
import { openDesk } from './desk.ts';
import { readable } from './readable.ts';

const EXAMPLE = fileURLToPath(new URL('../../../config.example.yaml', import.meta.url));
const SECRETS = {
  agent: 'whsec_ZGVtbyBzZWNyZXQgb2YgdGhlIGFnZW50ISEh',
  audit: 'whsec_ZGVtbyBzZWNyZXQgb2YgdGhlIGF1ZGl0ISEh',
};
const TOKEN = 'demo-desk-token';

/**
 * A legacy ticket system whose records change by themselves, two receivers that verify signatures, and the daemon on
 * config.example.yaml: all on loopback, with a state of their own that is removed at the end.
 *
 * @param duration milliseconds after which it stops by itself; until it is interrupted by default
 */
export async function demo({ duration }: { readonly duration?: number }, io: Io): Promise<number> {
  const say = (who: string, text: string) => io.out(`${who.padEnd(9)} ${text}\n`);
  const over = new AbortController();
  void stopSignal().then(() => over.abort());
  await using running = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-demo-'));
  running.defer(() => rm(folder, { recursive: true, force: true }));

  const desk = await openDesk(TOKEN, Math.random);
  running.defer(() => desk.close());
  const receivers = await Promise.all(
    (['agent', 'audit'] as const).map(async (name) => {
      // The audit receiver is down at first, so that the retries can be seen.
      const fail = name === 'audit' ? 1 : 0;
      const receiver = await listen({
        port: 0,
        secrets: [SECRETS[name]],
        fail,
        output: (line) => say(name, line),
      });
      running.defer(() => receiver.close());
      return `http://127.0.0.1:${receiver.port}/hooks`;
    }),
  );

  const env = {
    POLLHOOK_STATE: folder,
    POLLHOOK_LISTEN: '127.0.0.1:0',
    DESK_URL: desk.url,
    DESK_TOKEN: TOKEN,
    DESK_EVERY: '1s',
    AGENT_URL: receivers[0],
    AGENT_WEBHOOK_SECRET: SECRETS.agent,
    AUDIT_URL: receivers[1],
    AUDIT_WEBHOOK_SECRET: SECRETS.audit,
  };
  const { config, redactor } = load(EXAMPLE, { ...io, env });
  const log = createLogger({ level: 'info', format: 'json', redactor, destination: readable(say) });
  say('demo', `a ticket system answers at ${desk.url}; it has no webhooks. pollhook polls it every second.`);
  const app = await startApp({ config, log, redactor });
  running.defer(() => app.stop());
  say('demo', `health and metrics: http://${app.address}/metrics. Ctrl+C ends the demo.`);

  if (duration !== undefined) void systemClock.sleep(duration, over.signal).then(() => over.abort());
  for (;;) {
    await systemClock.sleep(2500, over.signal);
    if (over.signal.aborted) break;
    say('desk', desk.change());
  }
  say('demo', 'stopping');
  return 0;
}
