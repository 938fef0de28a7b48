import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { until } from '../fake-clock.ts';
import { assertGenuine, Scene } from './scene.ts';

const CONFIG = `
sources:
  tickets:
    url: \${SOURCE}/api/tickets?status=open
    every: 30s
    items: tickets
    key: id
    send_to: agent

webhooks:
  agent:
    url: \${RECEIVER}/hooks/tickets
    secret: \${SECRET}
`;

const tickets = (...statuses: string[]) => ({
  tickets: statuses.map((status, at) => ({ id: at + 1, status })),
});

describe('the smallest useful configuration', () => {
  test('tells of each change, signed, once, with what changed and when', async () => {
    await using scene = await Scene.open();
    scene.source = tickets('open', 'open');
    await scene.start(CONFIG);
    await until(() => scene.lines('first snapshot: 2 records').length === 1);
    const baseline = scene.clock.now();

    scene.source = tickets('open', 'solved', 'new');
    await scene.nextPoll(30_000);
    const [first, second] = await scene.deliveries(2);
    assert.ok(first && second);
    assert.equal(first.path, '/hooks/tickets');
    for (const one of [first, second]) assertGenuine(one);
    const created = [first, second].find(({ event }) => event.type === 'tickets.created');
    const updated = [first, second].find(({ event }) => event.type === 'tickets.updated');
    assert.deepEqual(updated?.event.data, {
      source: 'tickets',
      key: '2',
      change: 'updated',
      sequence: 2,
      current: { id: 2, status: 'solved' },
      previous: { id: 2, status: 'open' },
      changes: [{ path: '/status', from: 'open', to: 'solved' }],
      window: { after: new Date(baseline).toISOString(), by: new Date(scene.clock.now()).toISOString() },
    });
    assert.equal(updated.event.timestamp, new Date(scene.clock.now()).toISOString());
    assert.deepEqual(created?.event.data.current, { id: 3, status: 'new' });
    assert.equal(created?.event.data.previous, null);
    const { headers } = updated;
    assert.equal(headers['content-type'], 'application/json');
    assert.match(headers['user-agent'] ?? '', /^pollhook\/\d/);
    assert.match(headers['webhook-id'] ?? '', /^[^.]+$/);
    assert.deepEqual(
      ['attempt', 'sequence', 'event', 'source', 'change'].map((name) => headers[`pollhook-${name}`]),
      ['1', '2', 'tickets.updated', 'tickets', 'updated'],
    );

    await scene.nextPoll(30_000);
    await scene.nextPoll(30_000);
    assert.equal(scene.received.length, 2);
  });

  test('a deletion is told when a second poll confirms it', async () => {
    await using scene = await Scene.open();
    scene.source = tickets('open', 'open', 'open');
    await scene.start(CONFIG);
    await until(() => scene.lines('first snapshot').length === 1);
    scene.source = tickets('open', 'open');
    await scene.nextPoll(30_000);
    assert.equal(scene.received.length, 0);
    await scene.nextPoll(30_000);
    const [deleted] = await scene.deliveries(1);
    assert.equal(deleted?.event.type, 'tickets.deleted');
    assert.deepEqual(
      [deleted?.event.data.current, deleted?.event.data.previous],
      [null, { id: 3, status: 'open' }],
    );
  });

  test('a change that happened while the daemon was down is told, with the window from before', async () => {
    await using scene = await Scene.open();
    scene.source = tickets('open');
    await scene.start(CONFIG);
    await until(() => scene.lines('first snapshot').length === 1);
    await scene.nextPoll(30_000);
    const shown = scene.clock.now();
    await scene.stop();
    scene.source = tickets('closed');
    await scene.clock.advance(3_600_000);
    await scene.start(CONFIG);
    await scene.nextPoll(0);
    const [received] = await scene.deliveries(1);
    assert.deepEqual(received?.event.data.window, {
      after: new Date(shown).toISOString(),
      by: new Date(scene.clock.now()).toISOString(),
    });
  });
});

describe('answers that are not believed', () => {
  const say =
    (status: number, type: string, body: string, headers: { [name: string]: string } = {}) =>
    (_request: IncomingMessage, response: ServerResponse) =>
      response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  const lies: [name: string, source: unknown, said: RegExp][] = [
    ['an error status', say(500, 'application/json', '{"tickets":[]}'), /500/],
    [
      'an error page with status 200',
      say(200, 'text/html', '<html><title>Oops</title></html>'),
      /HTML page titled "Oops"/,
    ],
    ['an error as JSON with status 200', { error: 'database down' }, /"tickets" is missing/],
    ['half a body', say(200, 'application/json', '{"tickets":[{"id":1,"status":"op'), /ends too early/],
    [
      'a body shorter than its length',
      (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"tickets":[]}', () => response.destroy());
      },
      /poll failed/,
    ],
    ['no body', say(200, 'application/json', ''), /empty/],
    [
      'a doubled key',
      {
        tickets: [
          { id: 1, status: 'x' },
          { id: 1, status: 'y' },
        ],
      },
      /same id/,
    ],
    ['a missing key', { tickets: [{ status: 'x' }] }, /no usable id/],
    ['a lost login', say(401, 'application/json', '{"tickets":[]}'), /401/],
    ['an empty list', { tickets: [] }, /suspect: the list is empty/],
  ];
  for (const [name, source, said] of lies) {
    test(`${name} changes nothing, and is told`, async () => {
      await using scene = await Scene.open();
      const truth = tickets('open', 'open', 'open', 'open');
      scene.source = truth;
      await scene.start(`${CONFIG}\ndefaults: { source: { backoff: { first: 30s, max: 30s } } }`);
      await until(() => scene.lines('first snapshot').length === 1);
      scene.source = source;
      await scene.nextPoll(30_000, 100);
      await scene.nextPoll(40_000, 100);
      assert.ok(scene.lines(said).length > 0, scene.lines('').join('\n'));
      scene.source = truth;
      await scene.nextPoll(40_000);
      await scene.nextPoll(40_000);
      assert.equal(scene.received.length, 0);
      scene.source = tickets('open', 'open', 'open', 'changed');
      await scene.nextPoll(40_000);
      assert.equal((await scene.deliveries(1))[0]?.event.data.key, '4');
    });
  }
});

describe('asking conditionally', () => {
  test('sends back what the server gave, and takes 304 for an answer', async () => {
    await using scene = await Scene.open();
    let version = 1;
    scene.source = (request: IncomingMessage, response: ServerResponse) => {
      const etag = `W/"v${version}"`;
      if (request.headers['if-none-match'] === etag) return response.writeHead(304).end();
      response.writeHead(200, { 'content-type': 'application/json', etag });
      return response.end(JSON.stringify(tickets(`v${version}`)));
    };
    await scene.start(CONFIG);
    await until(() => scene.lines('first snapshot').length === 1);
    await scene.nextPoll(30_000);
    assert.equal(scene.requests.at(-1)?.headers['if-none-match'], 'W/"v1"');
    await scene.stop();
    await scene.start(CONFIG);
    await scene.nextPoll(30_000);
    assert.equal(scene.requests.at(-1)?.headers['if-none-match'], 'W/"v1"');
    version = 2;
    await scene.nextPoll(30_000);
    assert.equal((await scene.deliveries(1))[0]?.event.type, 'tickets.updated');
    const { length } = scene.received;
    await scene.nextPoll(30_000);
    assert.equal(scene.requests.at(-1)?.headers['if-none-match'], 'W/"v2"');
    assert.equal(scene.received.length, length);
  });
});

describe('receivers', () => {
  test('that fail get the same event again, by the schedule, in order per record', async () => {
    await using scene = await Scene.open();
    scene.source = tickets('a');
    await scene.start(CONFIG);
    await until(() => scene.lines('first snapshot').length === 1);
    scene.answer = 500;
    scene.source = tickets('b');
    await scene.nextPoll(30_000);
    await scene.deliveries(1);
    await until(() => scene.lines('failed: answered 500').length === 1);
    scene.source = tickets('c');
    await scene.nextPoll(30_000);
    // The second event about the record waits for the first, which had its retry after 5 s.
    await until(() => scene.lines('failed: answered 500').length === 2);
    assert.deepEqual(
      scene.received.map(({ event }) => event.data.sequence),
      [1, 1],
    );
    scene.answer = 204;
    await scene.clock.advance(300_000);
    const all = await scene.deliveries(4);
    assert.deepEqual(
      all.map(({ event }) => event.data.sequence),
      [1, 1, 1, 2],
    );
    const [first, ...again] = all.slice(0, 3);
    for (const one of again) {
      assert.equal(one.headers['webhook-id'], first?.headers['webhook-id']);
      assert.equal(one.body, first?.body);
    }
    assert.deepEqual(
      all.slice(0, 3).map(({ headers }) => headers['pollhook-attempt']),
      ['1', '2', '3'],
    );
  });

  test('each get what they are owed, and one that is down delays no other', async () => {
    await using scene = await Scene.open();
    scene.source = tickets('a');
    scene.answer = (request, response) => response.writeHead(request.url === '/bad' ? 503 : 200).end();
    await scene.start(
      CONFIG.replace('send_to: agent', 'send_to: [agent, bad]').concat(
        '  bad: { url: "${RECEIVER}/bad", secret: "${SECRET}" }\n',
      ),
    );
    await until(() => scene.lines('first snapshot').length === 1);
    for (const status of ['b', 'c', 'd']) {
      scene.source = tickets(status);
      await scene.nextPoll(30_000);
      await until(() =>
        scene.received
          .filter(({ path }) => path !== '/bad')
          .some(({ body }) => body.includes(`"to":"${status}"`)),
      );
    }
    assert.equal(scene.received.filter(({ path }) => path === '/hooks/tickets').length, 3);
  });

  test('that answer 410 are left alone, and their events are kept for a restart', async () => {
    await using scene = await Scene.open();
    scene.source = tickets('a');
    const app = await scene.start(CONFIG);
    await until(() => scene.lines('first snapshot').length === 1);
    scene.answer = 410;
    scene.source = tickets('b');
    await scene.nextPoll(30_000);
    await scene.deliveries(1);
    await until(() => scene.lines('held').length > 0);
    const metrics = await (await fetch(`http://${app.address}/metrics`)).text();
    assert.match(metrics, /pollhook_outbox\{webhook="agent",state="held"\} 1/);
    assert.match(metrics, /pollhook_outbox\{webhook="agent",state="pending"\} 0/);
    scene.source = tickets('c');
    await scene.nextPoll(30_000);
    await scene.clock.advance(86_400_000);
    assert.equal(scene.received.length, 1);
    await scene.stop();
    scene.answer = 200;
    await scene.start(CONFIG);
    assert.deepEqual(
      (await scene.deliveries(3)).map(({ event }) => event.data.sequence),
      [1, 1, 2],
    );
  });

  test('that stay down leave a dead letter that is counted and kept', async () => {
    await using scene = await Scene.open();
    scene.source = tickets('a');
    scene.answer = 400;
    const app = await scene.start(CONFIG.concat('    retry: { schedule: [1s, 1s] }\n'));
    await until(() => scene.lines('first snapshot').length === 1);
    scene.source = tickets('b');
    await scene.nextPoll(30_000);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await until(() => scene.lines('failed: answered 400').length === attempt);
      await scene.clock.advance(1000);
    }
    assert.equal(scene.lines('dead').length, 1);
    // The line is written before the outcome is recorded.
    const read = async () => (await fetch(`http://${app.address}/metrics`)).text();
    await until(async () => /deliveries_total\{webhook="agent",outcome="dead"\} 1/.test(await read()));
    const metrics = await read();
    assert.match(metrics, /pollhook_outbox\{webhook="agent",state="dead"\} 1/);
    assert.match(metrics, /pollhook_deliveries_total\{webhook="agent",outcome="dead"\} 1/);
    assert.match(metrics, /pollhook_events_total\{source="tickets",type="tickets.updated"\} 1/);
  });
});

describe('health', () => {
  test('is served, and nothing else', async () => {
    await using scene = await Scene.open();
    const { address } = await scene.start(CONFIG);
    const status = async (path: string) => (await fetch(`http://${address}${path}`)).status;
    assert.deepEqual(
      await Promise.all(['/healthz', '/readyz', '/metrics', '/nothing', '/api/v1/sources'].map(status)),
      [200, 200, 200, 404, 200],
    );
  });

  test('no secret is in logs or metrics', async () => {
    await using scene = await Scene.open();
    const { address } = await scene.start(
      CONFIG.replace('every: 30s', 'every: 30s\n    auth: { type: bearer, token: "${SECRET}" }'),
    );
    scene.source = (_: IncomingMessage, response: ServerResponse) => response.writeHead(403).end();
    await until(() => scene.log.some(({ err }) => err === 'FETCH_CREDENTIALS'));
    const metrics = await (await fetch(`http://${address}/metrics`)).text();
    const secret = /an end to end|whsec_/;
    assert.doesNotMatch(JSON.stringify(scene.log) + metrics, secret);
  });
});
