import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReceiver } from './receiver.ts';
import { createSource } from './source.ts';

/**
 * Everything around pollhook, in a process of its own, so that none of its processor time is counted: the legacy
 * system, the receivers, and questions about what they saw. Tells its port to the process that started it.
 */

const source = createSource();
const receiver = createReceiver(source.sent);

const QUESTIONS: { readonly [name: string]: (path: string) => unknown } = {
  receipts: receiver.receipts,
  latencies: receiver.takeLatencies,
  arrivals: () => Object.fromEntries(source.arrivals),
  kill: (path) => void receiver.kill(path),
  revive: (path) => void receiver.revive(path),
};

function route(request: IncomingMessage, response: ServerResponse): void | Promise<void> {
  const url = new URL(request.url ?? '/', 'http://world');
  if (url.pathname.startsWith('/hook/')) return receiver.take(request, response, url.pathname);
  if (url.pathname.startsWith('/tickets/')) return source.answer(request, response, url);
  const [, , name = ''] = url.pathname.split('/');
  const answer = QUESTIONS[name]?.(url.searchParams.get('path') ?? '') ?? null;
  response.end(JSON.stringify(answer));
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  Promise.resolve(route(request, response)).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
