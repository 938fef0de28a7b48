import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { source as configured, loaded } from '../config/files.ts';
import { until } from '../fake-clock.ts';
import { Scene } from './scene.ts';

const CONFIG = (options: string) => `
state: ./data
sources:
  tickets:
    url: \${SOURCE}/api/tickets
    every: 30s
    items: tickets
    key: id
${options.replace(/^/gm, '    ')}
webhooks:
  agent: { url: "\${RECEIVER}/hooks", secret: "\${SECRET}" }
`;

const tickets = (count: number) => Array.from({ length: count }, (_, at) => ({ id: at + 1, updated: '' }));

/** Pages of two, or what changed since. */
const desk =
  (list: () => readonly { readonly id: number; readonly updated: string }[]) =>
  ({ url = '' }: IncomingMessage, response: ServerResponse) => {
    const query = new URL(url, 'http://x').searchParams;
    const since = query.get('updated_since') ?? '';
    const found = list().filter(({ updated }) => updated >= since);
    const at = (Number(query.get('page') ?? 1) - 1) * 2;
    const body = { tickets: found.slice(at, at + 2), total: found.length };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

describe('a list', () => {
  test('in pages: changes on any page are told, before and after a restart', async () => {
    await using scene = await Scene.open();
    let list = tickets(5);
    scene.source = desk(() => list);
    const config = CONFIG('paginate: { type: page }\nexpect: { total: total }');
    await scene.start(config);
    await until(() => scene.lines('first snapshot: 5 records').length === 1);
    list = [...tickets(4), { id: 5, updated: 'now' }, { id: 6, updated: '' }];
    await scene.nextPoll(30_000);
    await scene.deliveries(2);
    await scene.stop();
    list = [...list, { id: 7, updated: '' }];
    await scene.start(config);
    await scene.nextPoll(30_000);
    const all = await scene.deliveries(3);
    assert.deepEqual(all.map(({ event }) => `${event.type} ${event.data.key}`).sort(), [
      'tickets.created 6',
      'tickets.created 7',
      'tickets.updated 5',
    ]);
  });

  test('that is asked for what changed: the cursor outlives a restart', async () => {
    await using scene = await Scene.open();
    const at = (ago: number) => new Date(scene.clock.now() - ago).toISOString();
    let list = [
      { id: 1, updated: at(3_600_000) },
      { id: 2, updated: at(7_200_000) },
    ];
    scene.source = desk(() => list);
    const config = CONFIG('incremental: { cursor: updated, param: updated_since }');
    await scene.start(config);
    await until(() => scene.lines('first snapshot: 2 records').length === 1);
    list = [...list, { id: 3, updated: at(0) }];
    await scene.nextPoll(30_000);
    await scene.deliveries(1);
    await scene.stop();
    list = [{ id: 1, updated: at(0) }, ...list.slice(1)];
    await scene.start(config);
    await scene.nextPoll(30_000);
    const all = await scene.deliveries(2);
    assert.deepEqual(
      all.map(({ event }) => `${event.type} ${event.data.key}`),
      ['tickets.created 3', 'tickets.updated 1'],
    );
    assert.deepEqual(
      scene.requests.map(({ url = '' }) => url.includes('updated_since')),
      [false, true, true],
    );
  });
});

describe('an answer that cannot be believed', () => {
  test('is told of once, keeps its pace, and loses nothing', async () => {
    await using scene = await Scene.open();
    let list = tickets(1);
    const good = desk(() => list);
    scene.source = good;
    const app = await scene.start(CONFIG('expect: { content_type: application/json }'));
    await until(() => scene.lines('first snapshot').length === 1);
    scene.source = (_: IncomingMessage, response: ServerResponse) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Sign in</title>');
    for (let poll = 0; poll < 3; poll += 1) await scene.nextPoll(30_000);
    const told =
      /^suspect: expected content type application\/json, got "text\/html"; nothing of this answer/;
    assert.equal(scene.lines(told).length, 1);
    assert.equal(scene.lines('still suspect').length, 2);
    const metrics = await (await fetch(`http://${app.address}/metrics`)).text();
    assert.match(metrics, /pollhook_polls_total\{source="tickets",result="suspect"\} 3/);
    list = tickets(2);
    scene.source = good;
    await scene.nextPoll(30_000);
    const [created] = await scene.deliveries(1);
    assert.equal(created?.event.data.key, '2');
    assert.equal(scene.lines('1 created in 2 records; no longer suspect').length, 1);
  });
});

describe('the recipes', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/pagination.md'), 'utf8');
  const recipes = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)]
    .flatMap(([, yaml = '']) => yaml.split(/\n(?=\n|(?:paginate|incremental):)/))
    .filter((text) => /^\w/m.test(text));
  for (const recipe of recipes) {
    test(recipe.trim().split('\n').at(-1) ?? '', () => {
      loaded(configured('url: https://x.test/', 'items: items', 'key: id', ...recipe.split('\n')));
    });
  }

  test('are found', () => assert.ok(recipes.length > 8, String(recipes.length)));
});
