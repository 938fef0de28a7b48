import type { Hono } from 'hono';
import { failure } from '../../src/errors.ts';
import { Secret } from '../../src/lib/secret.ts';
import type { ChangeEvent, Delivery } from '../../src/model.ts';
import type { Followed, SourceDetail, WebhookView } from '../../src/server/api/schemas.ts';
import type { Control } from '../../src/server/control.ts';
import { createRoutes } from '../../src/server/routes.ts';
import type { Archive } from '../../src/store/archive.ts';
import { FakeClock } from '../fake-clock.ts';

export const TOKEN = 'a-token-of-the-tests';

const source: SourceDetail = {
  name: 'tickets',
  state: 'ok',
  last_poll: '2026-11-21T09:30:00.000Z',
  last_success: '2026-11-21T09:30:00.000Z',
  next_poll: '2026-11-21T09:31:00.000Z',
  records: 2,
  interval: '1m',
  cron: null,
  pace: null,
  error: null,
  polling: false,
  budget: null,
  events_last_hour: 1,
  changes_by_hour: [1],
  recent: ['changed', 'unchanged'],
  enabled: true,
  failures: 0,
  sequence: 1,
  suspect: null,
  polls: [],
};

const webhook: WebhookView = {
  name: 'agent',
  state: 'ok',
  receiver: 'https://agent.example',
  pending: 1,
  dead: 0,
  oldest_pending: null,
  failures: 0,
  next_attempt: null,
  reason: null,
  replay: null,
  recent: {
    attempts: 0,
    delivered: 0,
    median_ms: null,
    slowest_ms: null,
    error: null,
    outcomes: [],
    durations_ms: [],
  },
};

export const event: ChangeEvent = {
  id: 'evt_1',
  source: 'tickets',
  sequence: 1,
  key: '7',
  change: 'created',
  type: 'tickets.created',
  timestamp: Date.parse('2026-11-21T09:30:00Z'),
  body: '{"type":"tickets.created","data":{"current":{"price":1.0,"id":12345678901234567890}}}',
};

const delivery: Delivery = {
  id: 'dlv_1',
  webhook: 'agent',
  event,
  created: event.timestamp,
  state: 'pending',
  attempts: 1,
  steps: 1,
  nextAttempt: event.timestamp + 5000,
  lastStatus: 500,
  batch: null,
};

const unknown = (what: string) => failure('API_NOT_FOUND', `there is no ${what}`);

/** A daemon with one source, one webhook, one event and one delivery; it writes down what it was asked to do. */
export function fakeDaemon() {
  const done: string[] = [];
  const followers = new Set<{ tell: (happened: Followed) => void; end: () => void }>();
  let held = false;
  let waitsUntil = 0;
  const act = (verb: string) => async (name: string) => {
    if (name !== 'tickets' && name !== 'agent' && name !== 'dlv_1') return unknown(name);
    done.push(`${verb} ${name}`);
    return null;
  };
  const each = (verb: string) => async (ids: readonly string[]) =>
    new Map(await Promise.all(ids.map(async (id) => [id, await act(verb)(id)] as const)));
  const control: Control = {
    sources: {
      list: async () => [source, { ...source, name: 'zebra', state: 'failing' }],
      find: async (name) => (name === 'tickets' ? source : unknown('source')),
      poll: act('poll'),
      pause: act('pause'),
      resume: act('resume'),
      approve: async () => failure('API_CONFLICT', 'nothing is in doubt'),
      reject: act('reject'),
      reset: act('reset'),
    },
    webhooks: {
      list: async () => [webhook],
      find: async (name) => (name === 'agent' ? webhook : unknown('webhook')),
      holds: () => held,
      waitsUntil: () => waitsUntil,
      pause: act('pause'),
      resume: act('resume'),
      test: async () => ({
        event_id: 'evt_test',
        outcome: 'failed',
        status: 500,
        duration_ms: 1,
        error: `it said ${TOKEN}`,
        answer: null,
      }),
      replay: async (name, since) => act(`replay ${new Date(since).toISOString()}`)(name),
      resync: async (name, from) => (name === 'agent' && from === 'tickets' ? 2 : unknown('webhook')),
      feed: async (name, after) => {
        if (name !== 'agent') return unknown('webhook');
        if (after === 'evt_0') return { kind: 'gone', oldest: 'evt_1' };
        return {
          kind: 'page',
          json: `{"items":[{"id":"evt_1","state":"pending","body":${event.body}}],"next":"evt_1"}`,
          next: 'evt_1',
        };
      },
    },
    deliveries: { retry: each('retry'), drop: each('drop') },
    budgets: () => [{ name: 'crm', left: 41, limit: 100, paused_ms: 0, waiting: 0 }],
    config: () => ({ sources: { tickets: { url: 'http://x' } }, server: { token: '[secret]' } }),
    problems: () => [],
    reload: async () => ({ applied: true, changes: ['source tickets'], restart: [], problems: [] }),
    follow(tell, end) {
      const follower = { tell, end };
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
  const archive: Archive = {
    event: async (id) =>
      id === event.id ? { event, created: event.timestamp, deliveries: [delivery] } : null,
    events: async ({ after }) =>
      after === undefined
        ? { kind: 'page', items: [{ event, created: event.timestamp, deliveries: [delivery] }], next: null }
        : { kind: 'unknown', oldest: 'evt_1' },
    delivery: async (id) => (id === delivery.id ? delivery : null),
    deliveries: async ({ state = 'pending', after }) => ({
      items: state === 'pending' && after === undefined ? [delivery] : [],
      next: null,
    }),
    attempts: async (id) =>
      id === delivery.id
        ? [{ at: event.timestamp, outcome: 'failed', status: 500, duration: 12, error: 'no', answer: 'oh' }]
        : null,
  };
  return {
    control,
    archive,
    done,
    followers,
    hold: () => {
      held = true;
    },
    waitUntil: (time: number) => {
      waitsUntil = time;
    },
  };
}

export type Asked = (path: string, init?: RequestInit) => Promise<Response>;

export function serve({
  listen = '127.0.0.1:8080',
  token = null as string | null,
  daemon = fakeDaemon(),
  ready = true,
  clock = new FakeClock(Date.parse('2026-11-21T10:00:00Z')),
} = {}) {
  const errors: unknown[] = [];
  const routes: Hono = createRoutes({
    control: daemon.control,
    archive: daemon.archive,
    clock,
    redact: (text) => text.replaceAll(TOKEN, '[secret]'),
    metrics: { contentType: 'text/plain', text: async () => 'pollhook_polls_total 1\n' },
    ready: () => ready,
    listen,
    token: () => (token === null ? null : new Secret(token)),
    onError: (error) => errors.push(error),
  });
  const ask: Asked = async (path, init = {}) =>
    routes.fetch(
      new Request(`http://127.0.0.1:8080${path}`, {
        ...init,
        headers: { host: '127.0.0.1:8080', ...(init.headers as object) },
      }),
    );
  return { routes, ask, errors, daemon, clock };
}
