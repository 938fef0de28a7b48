import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { Agent } from 'undici';
import type { WebhookConfig } from '../../src/config/document.ts';
import { createDispatcher, type DispatcherDeps } from '../../src/deliver/dispatcher.ts';
import type { AttemptReport } from '../../src/deliver/report.ts';
import { Redactor } from '../../src/lib/redact.ts';
import { Secret } from '../../src/lib/secret.ts';
import type { Delivery, WebhookState } from '../../src/model.ts';
import { FakeClock } from '../fake-clock.ts';
import { MemoryStore } from './memory-store.ts';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const OTHER_SECRET = 'whsec_c2l4dHktZm91ciBieXRlcyBvZiBvdGhlciBrZXk=';

export const SECONDS = 1000;
export const MINUTES = 60 * SECONDS;
export const HOURS = 60 * MINUTES;

export function webhook(settings: Partial<WebhookConfig> = {}): WebhookConfig {
  return {
    name: 'agent',
    url: 'http://127.0.0.1:9/hooks',
    insecure_http: false,
    secret: [new Secret(SECRET)],
    sign: ['standard'],
    format: 'standard',
    cloudevents_source: undefined,
    method: 'POST',
    headers: {},
    traceparent: false,
    auth: null,
    tls: null,
    proxies: null,
    egress: null,
    timeout: 15 * SECONDS,
    retry: { schedule: [5 * SECONDS, 5 * MINUTES, 30 * MINUTES], permanent: [] },
    order: 'key',
    supersede: false,
    concurrency: 4,
    probe: { first: 30 * SECONDS, factor: 2, max: 15 * MINUTES },
    enabled: true,
    ...settings,
  };
}

/** What a state says of the url that it was learnt of. */
export function targetOf(url: string): string {
  return hash('sha256', url, 'base64url').slice(0, 22);
}

export function state(settings: Partial<WebhookState> = {}): WebhookState {
  return {
    name: 'agent',
    failures: 0,
    pausedUntil: 0,
    probe: null,
    held: null,
    target: targetOf(webhook().url),
    ...settings,
  };
}

/** The nth event of a source, owed to a webhook. */
export function delivery(sequence: number, settings: Partial<Delivery> & { key?: string } = {}): Delivery {
  const { key = `K${sequence}`, ...rest } = settings;
  const owed = rest.webhook ?? 'agent';
  const event = {
    id: `evt_${sequence}`,
    source: 'tickets',
    sequence,
    key,
    change: 'updated' as const,
    type: 'tickets.updated',
    timestamp: Date.parse('2026-11-21T09:30:00.000Z'),
    body: `{"type":"tickets.updated","data":{"key":"${key}","sequence":${sequence}}}`,
  };
  return {
    id: `${owed}/${event.id}`,
    webhook: owed,
    event,
    created: event.timestamp,
    state: 'pending',
    attempts: 0,
    steps: 0,
    nextAttempt: event.timestamp,
    lastStatus: null,
    batch: null,
    ...rest,
  };
}

/** An HTTP server on loopback; gives its origin. */
export async function serve(context: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A bare TCP server that does with each connection, once something arrived on it, what the test wants. */
export async function serveBytes(context: TestContext, act: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => act(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function agent(context: TestContext): Agent {
  const http = new Agent({ allowH2: false });
  context.after(() => http.destroy());
  return http;
}

export interface Arrival {
  /** By the fake clock, Unix milliseconds. */
  readonly at: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly id: string;
}

/** A receiver that notes what arrives and answers with the next of its answers, the last one for ever. */
export async function receiver(
  context: TestContext,
  clock: FakeClock,
  ...answers: readonly (number | RequestListener)[]
): Promise<{ url: string; arrivals: Arrival[]; ids(): string[] }> {
  const arrivals: Arrival[] = [];
  const queue = [...answers];
  const url = await serve(context, async (request, response) => {
    const { headers } = request;
    const arrival = {
      at: clock.now(),
      headers,
      id: String(headers['webhook-id']),
      body: await text(request),
    };
    arrivals.push(arrival);
    const answer = (queue.length > 1 ? queue.shift() : queue[0]) ?? 204;
    if (typeof answer === 'number') response.writeHead(answer).end();
    else answer(request, response);
  });
  return { url: `${url}/hooks`, arrivals, ids: () => arrivals.map(({ id }) => id) };
}

/** A dispatcher on a memory store and a fake clock, with what it logged and reported. */
export function dispatching(
  context: TestContext,
  webhooks: readonly WebhookConfig[],
  settings: Partial<DispatcherDeps> & { store?: MemoryStore; clock?: FakeClock } = {},
) {
  const { store = new MemoryStore(), clock = new FakeClock() } = settings;
  const lines: Record<string, unknown>[] = [];
  const reports: AttemptReport[] = [];
  const withdrawn: [webhook: string, count: number][] = [];
  const start = () =>
    createDispatcher({
      random: () => 0,
      http: agent(context),
      log: pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) }),
      redactor: new Redactor([SECRET, OTHER_SECRET]),
      version: '1.2.3',
      observe: (report) => reports.push(report),
      onSuperseded: (name, count) => withdrawn.push([name, count]),
      webhooks: new Map(webhooks.map((one) => [one.name, one])),
      ...settings,
      store,
      clock,
    });
  const dispatcher = start();
  context.after(() => dispatcher.stop(0));
  return { dispatcher, store, clock, lines, reports, withdrawn };
}
