import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Reloaded, WebhookView } from '../../src/server/api/schemas.ts';
import { until } from '../fake-clock.ts';
import { Scene } from './scene.ts';

const source = (name: string, more = '') =>
  `  ${name}: { url: "\${SOURCE}/${name}", every: 10s, items: tickets, key: id, send_to: [a, b]${more} }\n`;
const webhook = (name: string, more = '') =>
  `  ${name}: { url: "\${RECEIVER}/${name}", secret: "\${SECRET}"${more} }\n`;
const A = webhook('a');
const B = webhook('b');
const both = (sources: string, webhooks = A + B, more = '') =>
  `${more}sources:\n${sources}webhooks:\n${webhooks}`;

const at = (path: string) => (scene: Scene) => scene.received.filter((one) => one.path === path).length;
const polls = (scene: Scene, path: string) => scene.requests.filter(({ url }) => url === path).length;

test('a source that is added is polled at once; the others keep their schedule', async () => {
  await using scene = await Scene.open();
  await scene.start(both(source('one')));
  await scene.nextPoll(0);
  await scene.clock.advance(4_000);
  const told = await scene.reload(both(source('one') + source('two')));
  assert.deepEqual(told, { applied: true, changes: ['source two: added'], restart: [], problems: [] });
  await until(() => polls(scene, '/two') === 1, 'the poll of two');
  assert.equal(polls(scene, '/one'), 1);
  await scene.clock.advance(5_000);
  assert.equal(polls(scene, '/one'), 1);
  await scene.clock.advance(1_000);
  await until(() => polls(scene, '/one') === 2, 'the poll of one');
});

test('a source that changed goes on from its snapshot, when it would have been polled', async () => {
  await using scene = await Scene.open();
  scene.source = { tickets: [{ id: 1 }] };
  await scene.start(both(source('one')));
  await scene.nextPoll(0);
  await scene.clock.advance(4_000);
  const told = await scene.reload(both(source('one', ', headers: { x: y }')));
  assert.deepEqual(told.changes, ['source one: changed headers']);
  await scene.clock.advance(5_000);
  assert.equal(polls(scene, '/one'), 1);
  scene.source = { tickets: [{ id: 1 }, { id: 2 }] };
  await scene.nextPoll(1_000);
  assert.equal(scene.requests.at(-1)?.headers.x, 'y');
  assert.equal((await scene.deliveries(2)).length, 2);
  const nightly = source('one', ', headers: { x: y }').replace(/every: \w+/, 'cron: "0 3 * * *"');
  assert.deepEqual((await scene.reload(both(nightly))).changes, ['source one: changed every, cron']);
});

test('one that is removed is polled no more, and goes on from its state when it returns', async () => {
  await using scene = await Scene.open();
  scene.source = { tickets: [{ id: 1 }] };
  await scene.start(both(source('one')));
  await scene.nextPoll(0);
  const told = await scene.reload(both(source('other')));
  assert.deepEqual(told.changes, ['source one: removed; its state is kept', 'source other: added']);
  await until(() => polls(scene, '/other') === 1, 'the poll of other');
  await scene.clock.advance(20_000);
  await until(() => polls(scene, '/other') > 1, 'more polls of other');
  assert.equal(polls(scene, '/one'), 1);
  const metrics = await (await scene.ask('/metrics')).text();
  assert.doesNotMatch(metrics, /pollhook_source_up\{source="one"\}/);
  scene.source = { tickets: [{ id: 1 }, { id: 2 }] };
  await scene.reload(both(source('one')));
  const [first] = await scene.deliveries(2);
  assert.equal(first?.event.type, 'one.created');
});

test('what a removed webhook is owed is held and shown, and sent when it returns', async () => {
  await using scene = await Scene.open();
  scene.source = { tickets: [] };
  scene.answer = 503;
  await scene.start(both(source('one')));
  await scene.nextPoll(0);
  scene.source = { tickets: [{ id: 1 }] };
  await scene.nextPoll(10_000);
  await scene.deliveries(2);
  await until(() => scene.lines('503').length >= 2, 'both refusals');
  const without = both(
    '  one: { url: "${SOURCE}/one", every: 10s, items: tickets, key: id, send_to: a }\n',
    A,
  );
  const told = await scene.reload(without);
  assert.deepEqual(told.changes, [
    'source one: changed send_to',
    'webhook b: removed; what it is owed is held',
  ]);
  await until(() => scene.lines('no such webhook').length === 1, 'the line that says so');
  const shown = (await (await scene.ask('/api/v1/webhooks/b')).json()) as WebhookView;
  assert.deepEqual([shown.state, shown.pending], ['removed', 1]);
  for (const path of ['/api/v1/webhooks/b/resume', '/api/v1/webhooks/b/test']) {
    const refused = await scene.ask(path, { method: 'POST' });
    assert.equal(refused.status, 409, path);
    assert.match(await refused.text(), /webhook b is not in the configuration any more/);
  }
  assert.match(await (await scene.ask('/metrics')).text(), /pollhook_outbox\{webhook="b",state="held"\} 1/);
  scene.answer = 204;
  await scene.clock.advance(3_600_000);
  await until(() => at('/a')(scene) === 2, 'the retry for a');
  assert.equal(at('/b')(scene), 1);
  await scene.reload(both(source('one')));
  await until(async () => {
    await scene.clock.advance(1000);
    return at('/b')(scene) === 2;
  }, 'what b was owed');
});

test('a webhook that changes lets its attempt end, and the new one goes on after it', async () => {
  await using scene = await Scene.open();
  scene.source = { tickets: [] };
  const waiting: ServerResponse[] = [];
  scene.answer = (_, response) => void waiting.push(response);
  await scene.start(both(source('one')));
  await scene.nextPoll(0);
  scene.source = { tickets: [{ id: 1, x: 1 }] };
  await scene.nextPoll(10_000);
  await scene.deliveries(2);
  const told = await scene.reload(both(source('one'), A + webhook('b', ', headers: { new: "yes" }')));
  assert.deepEqual(told.changes, ['webhook b: changed headers']);
  scene.source = { tickets: [{ id: 1, x: 2 }] };
  await scene.nextPoll(10_000);
  scene.answer = 204;
  for (const response of waiting) response.writeHead(204).end();
  await scene.deliveries(4);
  const sent = scene.received.filter(({ path }) => path === '/b');
  assert.deepEqual(
    sent.map(({ event, headers }) => [event.type, headers.new]),
    [
      ['one.created', undefined],
      ['one.updated', 'yes'],
    ],
  );
});

test('a file with mistakes changes nothing and says so everywhere; when it is right again, that too', async () => {
  await using scene = await Scene.open();
  const right = both(source('one'), A + B + webhook('ops'), 'alerts: { send_to: ops }\n');
  await scene.start(right);
  await scene.nextPoll(0);
  const wrong = right.replace('every: 10s', 'every: soon').concat('nonsense: 1\n');
  const told = await scene.reload(wrong);
  assert.equal(told.applied, false);
  assert.equal(told.problems.length, 2);
  assert.match(told.problems[0] ?? '', /config\.yaml:3:\d+ {2}sources\.one\.every: .*: /);
  assert.match(told.problems[1] ?? '', /config\.yaml:\d+:1 {2}nonsense: /);
  for (const problem of told.problems) assert.equal(scene.lines(problem).length, 1);
  assert.match(await (await scene.ask('/metrics')).text(), /pollhook_config_last_reload_successful 0/);
  const [alert] = await scene.deliveries(1);
  assert.equal(alert?.event.type, 'pollhook.config.rejected');
  assert.deepEqual(alert?.event.data.problems, told.problems);
  assert.deepEqual(await greeting(scene), told.problems);
  await scene.reload(wrong);
  await scene.nextPoll(10_000);
  assert.equal(polls(scene, '/one'), 2);
  await scene.reload(right);
  const [, news] = await scene.deliveries(2);
  assert.equal(news?.event.type, 'pollhook.config.reloaded');
  assert.match(await (await scene.ask('/metrics')).text(), /pollhook_config_last_reload_successful 1/);
  assert.deepEqual(await greeting(scene), []);
});

/** What whoever begins to follow learns of the configuration. */
async function greeting(scene: Scene): Promise<unknown> {
  const gone = new AbortController();
  const { body } = await scene.ask('/api/v1/stream', { signal: gone.signal });
  const { value } = await (body as ReadableStream<Uint8Array>).getReader().read();
  gone.abort();
  const [, data = ''] = /^event: hello\ndata: (.*)$/m.exec(Buffer.from(value ?? []).toString()) ?? [];
  return JSON.parse(data).problems;
}

test('by the server: POST reload tells what changed; token and level apply at once, state and address stay', async () => {
  await using scene = await Scene.open();
  await scene.start(both(source('one')));
  await scene.nextPoll(0);
  const more = `state: elsewhere\nserver: { listen: "127.0.0.1:1", token: "a-long-enough-token" }\nlog: { level: warn }\n`;
  await writeFile(join(scene.folder, 'config.yaml'), both(source('one'), A + B, more));
  const answer = await scene.ask('/api/v1/reload', { method: 'POST' });
  const told = (await answer.json()) as Reloaded;
  assert.deepEqual(told, {
    applied: true,
    changes: ['log: changed', 'server.token: changed'],
    restart: ['state', 'server.listen'],
    problems: [],
  });
  assert.equal((await scene.ask('/api/v1/reload', { method: 'POST' })).status, 401);
  const lines = scene.log.length;
  await scene.clock.advance(10_000);
  await until(() => polls(scene, '/one') === 2, 'the next poll');
  assert.deepEqual(scene.log.slice(lines), []);
});

test('a budget that changed applies to all its sources, what was spent included', async () => {
  await using scene = await Scene.open();
  const of = (rate: string) =>
    both(
      source('one', ', budget: desk') + source('two', ', budget: desk'),
      A + B,
      `budgets: { desk: { rate: ${rate} } }\n`,
    );
  await scene.start(of('100/1m'));
  await until(async () => {
    await scene.clock.advance(200);
    return scene.requests.length === 2;
  }, 'both polls');
  const told = await scene.reload(of('2/1m'));
  assert.deepEqual(told.changes, ['budget desk: changed rate']);
  await scene.clock.advance(30_000);
  assert.equal(scene.requests.length, 2);
  const budgets = async () => (await (await scene.ask('/metrics')).text()).match(/budget_remaining\{.*/g);
  assert.deepEqual(await budgets(), ['budget_remaining{budget="desk"} 0']);
  await scene.reload(both(source('one') + source('two')));
  assert.equal(await budgets(), null);
});

test('a source that gets another name goes on where it stood', async () => {
  await using scene = await Scene.open();
  scene.source = { tickets: [{ id: 1 }] };
  await scene.start(both(source('one')));
  await scene.nextPoll(0);
  scene.source = { tickets: [{ id: 1 }, { id: 2 }] };
  const told = await scene.reload(both(source('other', ', moved_from: one')));
  assert.deepEqual(told.changes, ['source one: removed; its state is kept', 'source other: added']);
  await scene.clock.advance(10_000);
  const [first] = await scene.deliveries(2);
  assert.equal(first?.event.type, 'other.created');
});

test('other webhooks of a source are one change, also for the rules that go where it goes', async () => {
  await using scene = await Scene.open();
  const rules = ', events: [{}, { type: x, send_to: b }]';
  await scene.start(both(source('one', rules)));
  const told = await scene.reload(both(source('one', rules).replace('[a, b]', 'a')));
  assert.deepEqual(told.changes, ['source one: changed send_to']);
  const own = await scene.reload(both(source('one').replace('[a, b]', 'a')));
  assert.deepEqual(own.changes, ['source one: changed events']);
});

test('what waits for a restart is shown beside what is in force', async () => {
  await using scene = await Scene.open();
  await scene.start(both(source('one')));
  const shown = async () => (await (await scene.ask('/api/v1/config')).json()) as Record<string, unknown>;
  const before = await shown();
  await scene.reload(both(source('one'), A + B, 'state: ./else\nserver: { listen: false }\n'));
  const { after_restart, ...after } = await shown();
  assert.deepEqual([after.state, after.server], [before.state, before.server]);
  assert.deepEqual(after_restart, { state: join(scene.folder, 'else'), server: { listen: false } });
  await scene.reload(both(source('one')));
  assert.deepEqual(await shown(), before);
});
