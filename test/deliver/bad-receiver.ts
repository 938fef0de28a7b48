import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Agent } from 'undici';
import type { WebhookConfig } from '../../src/config/document.ts';
import { isFailing } from '../../src/deliver/outcome.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { delivery, dispatching, HOURS, receiver, SECONDS, serve, serveBytes, webhook } from './fixtures.ts';

const TLS = new URL('../fixtures/tls/receiver/', import.meta.url);
const file = (name: string) => readFileSync(new URL(name, TLS), 'utf8');

/** A receiver with a certificate of the test authority: `good`, `expired`, or for the name `other`. */
export async function serveTls(
  context: TestContext,
  name: 'good' | 'expired' | 'other',
  options: { maxVersion?: 'TLSv1.1'; minVersion?: 'TLSv1'; ciphers?: string } = {},
): Promise<string> {
  const server = createTlsServer(
    { key: file(`${name}.key`), cert: file(`${name}.pem`), ...options },
    (_request, response) => response.writeHead(204).end(),
  );
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

/** What the receiver does: answer over HTTP, handle bare bytes, or be somewhere else. */
export type Act =
  | { readonly answer: RequestListener }
  | { readonly bytes: (socket: Socket) => void }
  | { readonly url: (context: TestContext) => Promise<string> };

/**
 * One event is owed to a bad receiver, and one to a good one beside it. Gives what became of the first attempt once it
 * is recorded.
 *
 * @param patience time that passes on the fake clock until the attempt is over
 */
export async function suffer(
  context: TestContext,
  act: Act,
  { patience = 0, ...settings }: Partial<WebhookConfig> & { patience?: number } = {},
) {
  const clock = new FakeClock();
  const origin =
    'answer' in act
      ? await serve(context, act.answer)
      : 'bytes' in act
        ? await serveBytes(context, act.bytes)
        : await act.url(context);
  const good = await receiver(context, clock);
  const http = new Agent({ allowH2: false, connect: { ca: file('ca.pem') } });
  context.after(() => http.destroy());
  const bad = webhook({ name: 'bad', url: `${origin}/hooks`, timeout: 15 * SECONDS, ...settings });
  const { dispatcher, store, lines } = dispatching(context, [bad, webhook({ name: 'good', url: good.url })], {
    clock,
    http,
  });
  store.owe(delivery(1, { webhook: 'bad' }), delivery(1, { webhook: 'good' }));
  dispatcher.wake(['bad', 'good']);
  const began = clock.now();
  await until(() => good.arrivals.length === 1, 'the good receiver is not delayed');
  const over = () => store.attempts.has('bad/evt_1');
  if (patience > 0) await until(() => store.claimed.has('bad/evt_1'));
  for (let waited = 0; !over() && waited < patience; waited += SECONDS) {
    await settle();
    await clock.advance(SECONDS);
  }
  await until(over, 'the attempt is recorded');
  const { state, steps, nextAttempt } = store.delivery('bad/evt_1');
  const standing = store.states.get('bad');
  const attempt = store.attempts.get('bad/evt_1')?.[0];
  const line = lines.find(({ webhook: name, attempt }) => name === 'bad' && attempt === 1);
  return {
    state,
    steps,
    wait: nextAttempt - clock.now(),
    took: clock.now() - began,
    pause: standing && standing.pausedUntil > 0 ? standing.pausedUntil - clock.now() : null,
    held: standing?.held !== undefined && standing.held !== null,
    failing: standing !== undefined && isFailing(standing),
    outcome: attempt?.outcome,
    status: attempt?.status,
    error: attempt?.error,
    answer: attempt?.answer,
    level: line?.level === 40 ? 'warn' : 'info',
    err: line?.err,
    clock,
    store,
    dispatcher,
  };
}

/** Real I/O of a turn or two, so that bytes which were sent have arrived. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export const DAY = 24 * HOURS;
