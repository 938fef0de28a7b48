import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Agent } from 'undici';
import type { SourceConfig } from '../../src/config/document.ts';
import { createFetcher, type Fetched } from '../../src/fetch/fetch.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { createAccesses } from '../../src/lib/http/auth/accesses.ts';
import { createTransports, routeOf } from '../../src/lib/http/transport.ts';
import type { Validators } from '../../src/model.ts';
import { FakeClock } from '../fake-clock.ts';

export function source(url: string, settings: Partial<SourceConfig> = {}): SourceConfig {
  return {
    name: 'tickets',
    url,
    method: 'GET',
    headers: {},
    query: {},
    auth: null,
    budget: null,
    tls: null,
    proxies: null,
    timeout: 30_000,
    max_body: 1_000_000,
    redirects: 5,
    schedule: { every: 60_000 },
    format: 'auto',
    ignore: [],
    unordered: [],
    conditional: { refresh: 86_400_000 },
    deletes: false,
    initial: 'baseline',
    backoff: { first: 5000, factor: 2, max: 900_000 },
    send_to: ['agent'],
    enabled: true,
    ...settings,
  } as SourceConfig;
}

/** An HTTP server on a port of its own; gives its origin. */
export async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(t, createServer(listener))}`;
}

/** A server that knows no HTTP: it does with each connection what it likes. Gives its origin. */
export async function serveRaw(t: TestContext, onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${await listening(t, server)}`;
}

/** A server that answers every connection's first bytes with these, and then closes it unless told otherwise. */
export function serveBytes(t: TestContext, bytes: string | Buffer, close = true): Promise<string> {
  return serveRaw(t, (socket) => {
    socket.once('data', () => (close ? socket.end(bytes) : socket.write(bytes)));
  });
}

export async function listening(t: TestContext, server: ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    if ('closeAllConnections' in server) (server as Server).closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export type Fetch = (
  source: SourceConfig,
  validators?: Validators | null,
  signal?: AbortSignal,
) => Promise<Fetched>;

/** A fetcher on connections of its own. Chance always decides for the shortest wait. */
export function fetching(
  t: TestContext,
  clock: Clock = new FakeClock(),
  agent = new Agent({ allowH2: false }),
): Fetch {
  t.after(() => agent.destroy());
  const fetcher = createFetcher({ http: agent, clock, random: () => 0, version: '1.2.3' });
  return (from, validators = null, signal = new AbortController().signal) =>
    fetcher.fetch(from, validators, signal);
}

/** A fetcher whose sources go the way that their `tls` and `proxies` say, as in the daemon. */
export function fetchingTheirWay(
  t: TestContext,
  clock: Clock = new FakeClock(),
  hidden: string[] = [],
): Fetch {
  const transports = createTransports();
  t.after(() => transports[Symbol.asyncDispose]());
  const fetcher = createFetcher({
    http: (one) => transports.dispatcher(routeOf(one)),
    accesses: createAccesses(clock, {
      hide: (_, secrets) => hidden.push(...secrets),
      forget: () => undefined,
    }),
    clock,
    random: () => 0,
    version: '1.2.3',
  });
  return (from, validators = null, signal = new AbortController().signal) =>
    fetcher.fetch(from, validators, signal);
}

/** The body of an answer that must be one. */
export function bodyOf(fetched: Fetched): string {
  if (fetched.kind !== 'body') throw new Error(`not a body: ${JSON.stringify(fetched)}`);
  return fetched.body.bytes.toString();
}

/** Code and message of an answer that must be a failure. */
export function failureOf(fetched: Fetched): string {
  if (fetched.kind !== 'failed') throw new Error(`not a failure: ${fetched.kind} ${fetched.status}`);
  return `${fetched.failure.code} ${fetched.failure.message}`;
}
