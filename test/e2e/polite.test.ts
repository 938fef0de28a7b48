import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { until } from '../fake-clock.ts';
import { Scene } from './scene.ts';

const WEBHOOKS = 'webhooks: { w: { url: "${RECEIVER}/", sign: none } }\n';

/** A configuration of so many sources, with these options each. */
function sources(count: number, options: string): string {
  const lines = Array.from(
    { length: count },
    (_, at) => `  s${at}: { url: "\${SOURCE}/${at}", ${options} }\n`,
  );
  return `sources:\n${lines.join('')}${WEBHOOKS}`;
}

const answer = (response: ServerResponse, status = 200, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{}');

/** Lets time pass in small steps, with turns for answers in between, until something has come about. */
async function passUntil(scene: Scene, condition: () => boolean, step = 250): Promise<void> {
  await until(async () => {
    if (condition()) return true;
    await scene.clock.advance(step);
    return condition();
  });
}

/** Lets so much time pass: enough for whatever would be wrong within it. */
async function pass(scene: Scene, ms: number, step = 250): Promise<void> {
  const end = scene.clock.now() + ms;
  await passUntil(scene, () => scene.clock.now() >= end, step);
}

describe('budgets', () => {
  test('every request counts: polls of all sources, redirects and retries', async () => {
    await using scene = await Scene.open();
    const times: number[] = [];
    let calls = 0;
    scene.source = (request: IncomingMessage, response: ServerResponse) => {
      times.push(scene.clock.now());
      calls += 1;
      if (request.url?.endsWith('/there')) return answer(response, calls % 5 === 0 ? 503 : 200);
      return response.writeHead(302, { location: `${request.url}/there` }).end();
    };
    const budgets = 'budgets: { desk: { rate: 20/10s, burst: 5, reserve: 10% } }\n';
    await scene.start(budgets + sources(6, 'every: 1s, budget: desk'));
    await passUntil(scene, () => times.length >= 50);
    for (const time of times) {
      const within = times.filter((other) => other >= time && other < time + 10_000);
      assert.ok(within.length <= 18, `${within.length} within ten seconds`);
    }
  });

  test('are shown, with what is left of them', async () => {
    await using scene = await Scene.open();
    const budgets = 'budgets: { desk: { rate: 20/1h } }\n';
    const app = await scene.start(budgets + sources(1, 'every: 1h, budget: desk'));
    await until(() => scene.requests.length === 1);
    const metrics = await (await fetch(`http://${app.address}/metrics`)).text();
    assert.match(metrics, /^pollhook_budget_remaining\{budget="desk"\} 19$/m);
  });

  test('a wait for the budget is no part of the timeout', async () => {
    await using scene = await Scene.open();
    const budgets = 'budgets: { desk: { rate: 1/1m } }\n';
    scene.source = (request: IncomingMessage, response: ServerResponse) =>
      request.url === '/0' ? response.writeHead(302, { location: '/there' }).end() : answer(response);
    await scene.start(budgets + sources(1, 'every: 1h, budget: desk, timeout: 50s'));
    await until(() => scene.requests.length === 1);
    await passUntil(scene, () => scene.lines('first snapshot').length === 1, 500);
    const took = Number(scene.log.find(({ msg }) => msg.startsWith('first snapshot'))?.duration_ms);
    assert.ok(took >= 55_000, 'the poll itself did wait');
    assert.equal(scene.requests.length, 2);
  });

  for (const state of ['./data', 'sqlite:./state.db']) {
    test(`are not spent twice by a restart: ${state}`, async () => {
      await using scene = await Scene.open();
      const budgets = `state: "${state}"\nbudgets: { desk: { rate: 3/1h, burst: 3 } }\n`;
      const config = budgets + sources(5, 'every: 1m, budget: desk');
      await scene.start(config);
      await passUntil(scene, () => scene.lines('first snapshot').length === 3);
      await scene.stop();
      await scene.start(config);
      await pass(scene, 120_000, 5000);
      await scene.stop();
      assert.equal(scene.requests.length, 3);
    });
  }

  test('are forgotten when the configuration has them no more', async () => {
    await using scene = await Scene.open();
    const config = `budgets: { desk: { rate: 1/1h } }\n${sources(1, 'every: 1s, budget: desk')}`;
    await scene.start(config);
    await passUntil(scene, () => scene.lines('first snapshot').length === 1);
    await scene.stop();
    await scene.start(sources(1, 'every: 1h'));
    await scene.stop();
    await scene.start(config);
    await passUntil(scene, () => scene.requests.length === 2);
  });

  test('what waits for its budget ends at once when the daemon stops', async () => {
    await using scene = await Scene.open();
    const budgets = 'budgets: { desk: { rate: 1/1h } }\n';
    await scene.start(budgets + sources(5, 'every: 1m, budget: desk'));
    await until(() => scene.requests.length === 1);
    await scene.clock.advance(1000);
    await scene.stop();
    assert.equal(scene.clock.sleeping, 0);
    assert.equal(scene.requests.length, 1);
  });
});

describe('a server that limits', () => {
  test('429 with Retry-After: none of its sources asks before', async () => {
    await using scene = await Scene.open();
    let refuse = false;
    const refused: number[] = [];
    const asked: number[] = [];
    scene.source = (_: IncomingMessage, response: ServerResponse) => {
      (refuse ? refused : asked).push(scene.clock.now());
      return refuse ? answer(response, 429, { 'retry-after': '60' }) : answer(response);
    };
    await scene.start(sources(5, 'every: 10s'));
    await passUntil(scene, () => asked.length >= 5, 100);
    refuse = true;
    await passUntil(scene, () => scene.lines(/^poll failed/).length >= 1);
    await pass(scene, 15_000);
    assert.ok(refused.length <= 4, `${refused.length} refused`);
    refuse = false;
    const [first = 0] = refused;
    asked.length = 0;
    await passUntil(scene, () => asked.length >= 10, 1000);
    assert.ok(Math.min(...asked) >= first + 60_000);
    assert.equal(scene.lines(/asks for fewer requests: none for 1m/).length, 1);
    assert.equal(scene.lines(/^\S+ answers again$/).length, 1);
  });

  test('what is left is spread until the reset, without a single refusal', async () => {
    await using scene = await Scene.open();
    let [left, refusals] = [30, 0];
    const begin = scene.clock.now();
    let reset = begin + 60_000;
    scene.source = (_: IncomingMessage, response: ServerResponse) => {
      if (scene.clock.now() >= reset) [left, reset] = [30, reset + 60_000];
      if (left === 0) refusals += 1;
      left = Math.max(0, left - 1);
      return answer(response, 200, {
        'x-ratelimit-limit': '30',
        'x-ratelimit-remaining': String(left),
        'x-ratelimit-reset': String(Math.ceil(reset / 1000)),
        date: new Date(scene.clock.now()).toUTCString(),
      });
    };
    await scene.start(sources(3, 'every: 1s'));
    await passUntil(scene, () => scene.requests.length >= 90, 500);
    assert.equal(refusals, 0);
  });

  test('X-Poll-Interval is a floor', async () => {
    await using scene = await Scene.open();
    scene.source = (_: IncomingMessage, response: ServerResponse) =>
      answer(response, 200, { 'x-poll-interval': '60' });
    await scene.start(sources(1, 'every: 10s'));
    await until(() => scene.lines('first snapshot').length === 1);
    const began = scene.clock.now();
    await passUntil(scene, () => scene.requests.length === 2, 1000);
    assert.ok(scene.clock.now() - began >= 60_000);
  });

  test('403 with limit evidence is a limit; without, the longest back-off at once', async () => {
    await using scene = await Scene.open();
    let body = 'You have exceeded a secondary rate limit';
    scene.source = (_: IncomingMessage, response: ServerResponse) => response.writeHead(403).end(body);
    const options = 'every: 1m, backoff: { first: 5s, max: 1h }';
    const app = await scene.start(sources(1, options));
    await until(() => scene.lines(/answered 403.*next poll in 5s/).length === 1);
    body = 'You shall not pass';
    await passUntil(scene, () => scene.lines(/answered 403.*next poll in 1h/).length === 1);
    await pass(scene, 60_000, 5000);
    assert.equal(scene.requests.length, 2);
    await app.stop();
    await scene.start(sources(1, options));
    await until(() => scene.requests.length === 3, 'a start tries once more');
  });
});

describe('a host that fails', () => {
  test('is probed by one request, and everybody goes on when it is back', async () => {
    await using scene = await Scene.open();
    let down = false;
    scene.source = (request: IncomingMessage, response: ServerResponse) =>
      down ? request.socket.destroy() : answer(response);
    await scene.start(sources(20, 'every: 5s'));
    await passUntil(scene, () => scene.lines('first snapshot').length === 20, 100);
    down = true;
    await passUntil(scene, () => scene.lines(/answers none of its sources/).length === 1);
    const before = scene.requests.length;
    await pass(scene, 240_000, 2000);
    const probes = scene.requests.length - before;
    assert.ok(probes <= 12, `${probes} requests in four minutes`);
    down = false;
    await passUntil(scene, () => scene.lines(/^\S+ is back$/).length === 1, 1000);
    const back = scene.requests.length;
    await passUntil(scene, () => scene.requests.length >= back + 40, 1000);
  });
});
