import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apiRoutes } from '../../src/server/api/api.ts';
import { until } from '../fake-clock.ts';
import { assertDescribed, CONFIG, type Data, open, tickets } from './desk.ts';
import { Scene, SECRET } from './scene.ts';

/** Follows the stream, from its first message on. */
async function listen(scene: Scene, signal?: AbortSignal) {
  const response = await scene.ask('/api/v1/stream', { ...(signal && { signal }) });
  let heard = '';
  const read = async () => {
    for await (const part of response.body ?? []) heard += Buffer.from(part).toString();
  };
  const over = read().catch(() => undefined);
  await until(() => heard.includes('hello'));
  return { heard: () => heard, over };
}

describe('a source', () => {
  test('is listed as it stands', async () => {
    await using here = await open();
    const { items } = (await here.get('sources')) as { items: Data[] };
    const [source] = items;
    assert.equal(source?.name, 'tickets');
    assert.equal(source?.state, 'ok');
    assert.equal(source?.records, 10);
    assert.equal(source?.interval, '30s');
    assert.equal(source?.last_poll, source?.last_success);
    assert.equal(Date.parse(String(source?.next_poll)), Date.parse(String(source?.last_poll)) + 30_000);
  });

  test('that is paused is not polled, also after a restart, unless somebody asks for a poll', async () => {
    await using here = await open();
    const { scene } = here;
    assert.equal((await here.post('sources/tickets/pause')).state, 'paused');
    const before = scene.requests.length;
    await scene.clock.advance(120_000);
    await scene.stop();
    await scene.start(CONFIG);
    await scene.clock.advance(120_000);
    assert.equal(scene.requests.length, before);
    const paused = await here.get('sources/tickets');
    assert.deepEqual([paused.state, paused.next_poll], ['paused', null]);
    assert.equal((await here.post('sources/tickets/poll')).status, 202);
    await until(() => scene.requests.length === before + 1);
    await scene.clock.advance(120_000);
    assert.equal(scene.requests.length, before + 1);
    await here.post('sources/tickets/resume');
    await until(() => scene.requests.length === before + 2);
    await until(async () => (await here.stateOf('sources/tickets')) === 'ok');
  });

  test('that is in doubt is believed when somebody says so', async () => {
    await using here = await open();
    const { scene } = here;
    assert.equal((await here.post('sources/tickets/approve')).status, 409);
    scene.source = tickets(1);
    await scene.nextPoll(30_000);
    await scene.nextPoll(30_000);
    const doubted = await here.get('sources/tickets');
    assert.equal(doubted.state, 'suspect');
    const { missing, of, decision } = doubted.suspect as Data;
    assert.deepEqual({ missing, of, decision }, { missing: 9, of: 10, decision: null });
    const approved = await here.post('sources/tickets/approve');
    assert.equal(approved.status, 200);
    assert.equal((approved.suspect as Data).decision, 'approved');
    await scene.deliveries(9);
    assert.ok(scene.received.every(({ event }) => event.type === 'tickets.deleted'));
    await until(async () => (await here.stateOf('sources/tickets')) === 'ok');
  });

  test('that is in doubt can be decided about after a restart, before another poll', async () => {
    await using here = await open();
    const { scene } = here;
    scene.source = tickets(1);
    await scene.nextPoll(30_000);
    const { suspect } = await here.get('sources/tickets');
    await scene.stop();
    const before = scene.requests.length;
    await scene.start(CONFIG);
    assert.equal(scene.requests.length, before);
    assert.deepEqual((await here.get('sources/tickets')).suspect, suspect);
    assert.equal((await here.post('sources/tickets/approve')).status, 200);
    await scene.deliveries(9);
    await until(async () => (await here.stateOf('sources/tickets')) === 'ok');
  });

  test('keeps its baseline when somebody rejects a doubt, also after a restart', async () => {
    await using here = await open();
    const { scene } = here;
    scene.source = tickets(1);
    await scene.nextPoll(30_000);
    await scene.nextPoll(30_000);
    const rejected = await here.post('sources/tickets/reject');
    assert.equal(rejected.status, 200);
    assert.equal((rejected.suspect as Data).decision, 'rejected');
    await until(async () => (await here.get('sources/tickets')).polling === false);
    await scene.stop();
    await scene.start(CONFIG);
    await scene.nextPoll(30_000);
    assert.equal(((await here.get('sources/tickets')).suspect as Data).decision, 'rejected');
    scene.source = tickets(10);
    await scene.nextPoll(30_000);
    assert.equal(await here.stateOf('sources/tickets'), 'ok');
    assert.deepEqual(scene.received, []);
  });

  test('that is reset begins anew, between two polls', async () => {
    await using here = await open();
    const { scene } = here;
    scene.source = tickets(3);
    assert.equal((await here.post('sources/tickets/reset')).status, 200);
    await until(() => scene.lines('reset: new baseline of 3 records, no events').length > 0);
    assert.equal((await here.get('sources/tickets')).records, 3);
    assert.deepEqual(scene.received, []);
  });

  test('that is disabled is shown, and cannot be steered', async () => {
    await using here = await open(
      `${CONFIG.replace('webhooks:', '  off: { url: "${SOURCE}/off", enabled: false, send_to: agent }\nwebhooks:')}`,
    );
    const off = await here.get('sources/off');
    assert.deepEqual([off.state, off.enabled, off.next_poll], ['paused', false, null]);
    const refused = await here.post('sources/off/poll');
    assert.equal(refused.status, 409);
    assert.match(String(refused.detail), /disabled in the configuration/);
  });
});

test('a source that is called otherwise stays paused', async () => {
  await using here = await open();
  const { scene } = here;
  await here.post('sources/tickets/pause');
  await scene.stop();
  await scene.start(
    CONFIG.replace('  tickets:', '  issues:').replace('every:', 'moved_from: tickets\n    every:'),
  );
  assert.equal(await here.stateOf('sources/issues'), 'paused');
});

describe('a webhook', () => {
  test('that is paused holds what it is owed, also after a restart', async () => {
    await using here = await open();
    const { scene } = here;
    assert.equal((await here.post('webhooks/agent/pause')).state, 'paused');
    scene.source = tickets(12);
    await scene.nextPoll(30_000);
    await scene.stop();
    await scene.start(CONFIG);
    await until(async () => (await here.stateOf('webhooks/agent')) === 'paused');
    assert.equal((await here.get('webhooks/agent')).pending, 2);
    const held = (await here.get('deliveries?state=held')) as { items: Data[] };
    assert.equal(held.items.length, 2);
    assert.deepEqual(scene.received, []);
    assert.equal((await here.post('webhooks/agent/resume')).state, 'ok');
    await scene.deliveries(2);
  });

  test('gets a test event, replays and a snapshot, and reads what it missed', async () => {
    await using here = await open();
    const { scene } = here;
    scene.source = tickets(11);
    await scene.nextPoll(30_000);
    const [first] = await scene.deliveries(1);
    const id = first?.headers['webhook-id'];

    assert.equal((await here.post('webhooks/agent/test')).outcome, 'delivered');
    assert.equal(scene.received[1]?.event.type, 'pollhook.test');
    await until(async () => (await here.get('webhooks/agent')).pending === 0);

    assert.equal((await here.post('webhooks/agent/replay', { since: '1h' })).status, 202);
    await scene.deliveries(3);
    assert.equal(scene.received[2]?.headers['webhook-id'], id);

    assert.deepEqual(await here.post('webhooks/agent/resync', { source: 'tickets' }), {
      status: 202,
      events: 11,
    });
    await scene.deliveries(14);
    assert.ok(scene.received.slice(3).every(({ event }) => event.type === 'tickets.snapshot'));

    const feed = await (await scene.ask('/feed/agent?limit=1')).json();
    const { items, next } = feed as { items: Data[]; next: string };
    assert.equal(items[0]?.id, id);
    assert.deepEqual(items[0]?.body, first?.event);
    assert.equal(next, id);
    assert.equal((await scene.ask('/feed/agent?after=evt_unknown')).status, 410);
  });
});

describe('a delivery', () => {
  test('that is dead is tried again, or given up, once', async () => {
    await using here = await open(CONFIG.replace('secret:', 'retry: { schedule: [1s] }\n    secret:'));
    const { scene } = here;
    scene.answer = 500;
    scene.source = tickets(12);
    await scene.nextPoll(30_000);
    await scene.deliveries(2);
    await until(async () => {
      await scene.clock.advance(1000);
      return (await here.get('webhooks/agent')).dead === 2;
    });
    const dead = (await here.get('deliveries?state=dead&source=tickets&since=1h')) as {
      items: { id: string }[];
    };
    const [one, other] = dead.items;
    assert.equal(((await here.get(`deliveries/${one?.id}`)).attempts as Data[]).length, 2);
    scene.answer = 204;
    assert.equal((await here.post(`deliveries/${one?.id}/retry`)).status, 200);
    await until(async () => (await here.stateOf(`deliveries/${one?.id}`)) === 'delivered');
    assert.equal((await here.post(`deliveries/${other?.id}/drop`)).state, 'dropped');
    assert.equal((await here.post(`deliveries/${other?.id}/drop`)).status, 409);
    assert.equal((await here.post('deliveries/dlv_unknown/drop')).status, 404);
    const metrics = await (await scene.ask('/metrics')).text();
    assert.match(metrics, /pollhook_deliveries_total\{webhook="agent",outcome="dropped"\} 1/);
  });
});

test('many deliveries are given up, or tried again, by what they have in common', async () => {
  await using here = await open();
  const { scene } = here;
  await here.post('webhooks/agent/pause');
  scene.source = tickets(40);
  await scene.nextPoll(30_000);
  const first = await here.post('deliveries/drop', { state: 'held', source: 'tickets', limit: 25 });
  assert.deepEqual([first.done, first.refused], [25, []]);
  const held = { state: 'held', webhook: 'agent', after: first.next };
  assert.deepEqual(await here.post('deliveries/drop', held), {
    status: 200,
    done: 5,
    refused: [],
    next: null,
  });
  assert.equal((await here.post('deliveries/drop', { state: 'held' })).done, 0);
  assert.equal((await here.post('deliveries/retry', { state: 'dropped', webhook: 'other' })).done, 0);
  assert.equal((await here.post('deliveries/retry', { state: 'dropped', since: '1h' })).done, 30);

  const { items } = (await here.get('deliveries?state=held&limit=2')) as { items: { id: string }[] };
  const ids = [...items.map(({ id }) => id), 'dlv_unknown'];
  const dropped = await here.post('deliveries/drop', { ids });
  assert.deepEqual([dropped.done, (dropped.refused as Data[])[0]?.code], [2, 'API_NOT_FOUND']);
  await here.post('webhooks/agent/resume');
  await scene.deliveries(28);
  const metrics = await (await scene.ask('/metrics')).text();
  assert.match(metrics, /pollhook_deliveries_total\{webhook="agent",outcome="dropped"\} 32/);
  // One line for many, with their number; one each for few.
  const said = scene.log.filter(({ msg }) => msg === 'retried by hand' || msg === 'dropped by hand');
  assert.deepEqual(
    said.map(({ msg, deliveries = 1 }) => `${msg}: ${deliveries}`),
    [
      'dropped by hand: 25',
      ...Array(5).fill('dropped by hand: 1'),
      'retried by hand: 30',
      ...Array(2).fill('dropped by hand: 1'),
    ],
  );
});

describe('the API as a whole', () => {
  test('answers what its description says', async () => {
    await using here = await open();
    const { scene } = here;
    scene.source = tickets(11);
    await scene.nextPoll(30_000);
    await scene.deliveries(1);
    const { items: events } = (await here.get('events')) as { items: { id: string }[] };
    const { items: deliveries } = (await here.get('deliveries')) as { items: { id: string }[] };
    for (const { method, path, answer } of apiRoutes) {
      if (method !== 'get' || answer.type) continue;
      const id = path.includes('deliveries') ? deliveries[0]?.id : events[0]?.id;
      const filled = path
        .replace('{id}', String(id))
        .replace('{webhook}', 'agent')
        .replace('{name}', path.includes('webhooks') ? 'agent' : 'tickets');
      const response = await scene.ask(filled);
      assert.equal(response.status, answer.status, filled);
      assertDescribed(method, filled, response.status, await response.json());
    }
  });

  test('shows the configuration without secrets', async () => {
    const secret = 'the-token-of-the-server';
    await using scene = await Scene.open();
    await scene.start(`${CONFIG}server: { token: ${secret} }\n`);
    assert.equal((await scene.ask('/api/v1/config')).status, 401);
    const headers = { authorization: `Bearer ${secret}` };
    const text = await (await scene.ask('/api/v1/config', { headers })).text();
    assert.ok(!text.includes(secret) && !text.includes(SECRET), text);
    assert.equal(JSON.parse(text).sources.tickets.every, '30s');
    assert.equal(JSON.parse(text).server.listen, '127.0.0.1:0');
  });

  test('streams what happens, until the daemon stops', async () => {
    await using here = await open();
    const { scene } = here;
    const { heard, over } = await listen(scene);
    scene.source = tickets(11);
    await scene.nextPoll(30_000);
    await until(() => heard().includes('event: delivery'));
    const kinds = [...heard().matchAll(/^event: (\w+)$/gm)].map(([, kind]) => kind);
    assert.deepEqual(kinds.slice(0, 3), ['hello', 'poll', 'event']);
    assert.match(heard(), /"kind":"delivery".*"state":"delivered"/);
    await scene.stop();
    await over;
  });

  test('tells what somebody did about deliveries', async () => {
    await using here = await open();
    const { scene } = here;
    await here.post('webhooks/agent/pause');
    scene.source = tickets(12);
    await scene.nextPoll(30_000);
    const { heard } = await listen(scene);
    await here.post('deliveries/drop', { state: 'held' });
    await here.post('deliveries/retry', { state: 'dropped', limit: 1 });
    const states = () =>
      [...heard().matchAll(/"kind":"delivery".*"state":"(\w+)"/g)].map(([, state]) => state);
    await until(() => states().length === 3);
    assert.deepEqual(states(), ['dropped', 'dropped', 'pending']);
  });

  test('goes on when a batch of a thousand fails, and tells of a hundred of them', async () => {
    await using here = await open(`${CONFIG}    batch: { max: 1000, wait: 1s }\n`);
    const { scene } = here;
    const location = `https://sso.example.com/${'x'.repeat(200)}`;
    scene.answer = (_, response) => response.writeHead(302, { location }).end();
    const { heard } = await listen(scene);
    scene.source = tickets(1010);
    await scene.nextPoll(30_000);
    await until(() => heard().includes('event: delivery'));
    await here.post('sources/tickets/poll');
    await until(() => heard().split('event: poll').length === 3);
    assert.equal(heard().split('event: delivery').length, 101);
  });

  test('tells of each change of state, also to those who come later', async () => {
    await using here = await open();
    const { scene } = here;
    const follow = async () => {
      const gone = new AbortController();
      const { heard } = await listen(scene, gone.signal);
      const paused = '"kind":"source","name":"tickets","state":"paused"';
      return async () => {
        await here.post('sources/tickets/pause');
        await until(async () => {
          await scene.clock.advance(250);
          return heard().includes(paused);
        });
        gone.abort();
      };
    };
    await (await follow())();
    await here.post('sources/tickets/resume');
    await (await follow())();
    assert.equal(scene.lines('paused by hand').length, 2);
  });

  test('tells nothing more to who came with another token', async () => {
    await using here = await open(`${CONFIG}server: { token: the-first-token }\n`);
    const { scene } = here;
    const headers = { authorization: 'Bearer the-first-token' };
    const response = await scene.ask('/api/v1/stream', { headers });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    assert.equal((await scene.reload(`${CONFIG}server: { token: the-second-token }\n`)).applied, true);
    assert.equal((await reader.read()).done, true);
    assert.equal((await scene.ask('/api/v1/stream', { headers })).status, 401);
  });
});
