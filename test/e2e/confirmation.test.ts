import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { until } from '../fake-clock.ts';
import { Scene } from './scene.ts';

const config = (...options: string[]) => `
sources:
  services:
    url: \${SOURCE}/status
    every: 30s
    ${options.join('\n    ')}

webhooks:
  ops: { url: "\${RECEIVER}/ops", secret: "\${SECRET}" }
  alerts: { url: "\${RECEIVER}/alerts", secret: "\${SECRET}" }

alerts: { send_to: alerts }
`;
const LIST = ['items: services', 'key: name', 'send_to: ops'];
const JOB = ['until: status = "completed"', 'send_to: ops'];

const services = (...states: string[]) => ({
  services: states.map((state, at) => ({ name: `s${at + 1}`, state })),
});
const iso = (time: number) => new Date(time).toISOString();
const at = (scene: Scene, path: string) => scene.received.filter((one) => one.path === path);

async function arrivals(scene: Scene, path: string, count: number) {
  await until(() => at(scene, path).length >= count, `${count} webhooks at ${path}`);
  return at(scene, path);
}

describe('a change that has to be confirmed', () => {
  test('is told after so many polls, failures, 304s and a restart in between', async () => {
    await using scene = await Scene.open();
    let state = 'up';
    let broken = false;
    scene.source = (request: IncomingMessage, response: ServerResponse) => {
      if (broken) return response.writeHead(500).end();
      if (request.headers['if-none-match'] === `"${state}"`) return response.writeHead(304).end();
      return response
        .writeHead(200, { 'content-type': 'application/json', etag: `"${state}"` })
        .end(JSON.stringify(services(state, 'up')));
    };
    const yaml = config(
      ...LIST,
      'confirm: { enter: 4, leave: 2, when: state = "down" }',
      'backoff: { first: 30s, max: 30s }',
    );
    await scene.start(yaml);
    await until(() => scene.lines('first snapshot').length === 1);
    const lastUp = scene.clock.now();

    state = 'down';
    await scene.nextPoll(30_000);
    const firstDown = scene.clock.now();
    await scene.nextPoll(30_000);
    broken = true;
    await scene.nextPoll(30_000, 100);
    broken = false;
    await scene.nextPoll(40_000);
    await scene.stop();
    assert.equal(at(scene, '/ops').length, 0);
    await scene.start(yaml);
    await scene.nextPoll(30_000);
    assert.equal(scene.requests.at(-1)?.headers['if-none-match'], '"down"');
    const [down] = await arrivals(scene, '/ops', 1);
    assert.deepEqual(down?.event.data.changes, [{ path: '/state', from: 'up', to: 'down' }]);
    assert.deepEqual(down?.event.data.window, { after: iso(lastUp), by: iso(firstDown) });
    assert.ok(Date.parse(down?.event.timestamp ?? '') > firstDown + 60_000);

    state = 'up';
    await scene.nextPoll(30_000);
    assert.equal(at(scene, '/ops').length, 1);
    await scene.nextPoll(30_000);
    const [, up] = await arrivals(scene, '/ops', 2);
    assert.deepEqual(up?.event.data.changes, [{ path: '/state', from: 'down', to: 'up' }]);
  });
});

describe('a job', () => {
  test('is told of once more when it is over, and never polled again, until its url changes', async () => {
    await using scene = await Scene.open();
    scene.source = { id: 7, status: 'running' };
    await scene.start(config(...JOB));
    await until(() => scene.lines('first snapshot').length === 1);
    scene.source = { id: 7, status: 'completed', result: 'fine' };
    await scene.nextPoll(30_000);
    const [last] = await arrivals(scene, '/ops', 1);
    assert.deepEqual(last?.event.data.current, scene.source);
    const [alert] = await arrivals(scene, '/alerts', 1);
    assert.deepEqual([alert?.event.type, alert?.event.data.source], ['pollhook.source.finished', 'services']);
    assert.equal(scene.lines('finished: `until` is true').length, 1);

    const { length } = scene.requests;
    scene.source = { id: 7, status: 'running' };
    await scene.clock.advance(3_600_000);
    await scene.stop();
    await scene.start(config(...JOB));
    await scene.clock.advance(86_400_000);
    assert.equal(scene.requests.length, length);
    assert.equal(at(scene, '/alerts').length, 1);
    await scene.stop();

    await scene.start(config(...JOB).replace('/status', '/status/8'));
    await until(() => scene.requests.length === length + 1);
    const [, next] = await arrivals(scene, '/ops', 2);
    assert.deepEqual(next?.event.data.current, { id: 7, status: 'running' });
    await scene.nextPoll(30_000);
    assert.equal(scene.requests.length, length + 2);
  });

  test('whose end nobody was told of is told of at the next start, once', async () => {
    await using scene = await Scene.open();
    scene.source = { id: 7, status: 'completed' };
    await scene.start(config(...JOB).replace('alerts: { send_to: alerts }', ''));
    await arrivals(scene, '/ops', 1);
    await scene.stop();
    for (const _ of [1, 2]) {
      await scene.start(config(...JOB));
      const [alert] = await arrivals(scene, '/alerts', 1);
      assert.equal(alert?.event.type, 'pollhook.source.finished');
      await scene.stop();
    }
    assert.equal(at(scene, '/alerts').length, 1);
    assert.equal(scene.requests.length, 1);
  });

  test('that is over and gets another name is not told of again', async () => {
    await using scene = await Scene.open();
    scene.source = { id: 7, status: 'completed' };
    await scene.start(config(...JOB));
    await arrivals(scene, '/alerts', 1);
    await scene.stop();
    const renamed = config(...JOB, 'moved_from: services').replace('services:', 'job:');
    for (const _ of [1, 2]) {
      await scene.start(renamed);
      await scene.stop();
    }
    assert.equal(scene.lines('continues with the state of services').length, 1);
    assert.equal(scene.lines('no more polls are due').length, 1);
  });

  test('that is over is no silence, whoever pauses and resumes it, until it begins again', async () => {
    await using scene = await Scene.open();
    scene.source = { id: 7, status: 'completed' };
    await scene.start(config(...JOB));
    await arrivals(scene, '/alerts', 1);
    const post = (verb: string) => scene.ask(`/api/v1/sources/services/${verb}`, { method: 'POST' });
    await post('pause');
    await post('resume');
    await scene.clock.advance(3_600_000);
    await scene.stop();
    assert.equal(scene.lines('no successful poll').length, 0);

    await scene.start(config(...JOB));
    scene.source = () => undefined;
    await post('reset');
    await until(() => scene.requests.length === 2);
    await scene.clock.advance(3_600_000);
    await until(() => scene.lines('no successful poll').length === 1, 'a job that began again is watched');
  });

  test('that is over when it is first polled is told of', async () => {
    await using scene = await Scene.open();
    scene.source = { id: 7, status: 'completed' };
    await scene.start(config(...JOB));
    const [only] = await arrivals(scene, '/ops', 1);
    assert.deepEqual([only?.event.type, only?.event.data.change], ['services.created', 'created']);
    await scene.clock.advance(3_600_000);
    assert.equal(scene.requests.length, 1);
  });
});

describe('an answer in doubt', () => {
  const doubled = {
    services: [
      { name: 's1', state: 'up' },
      { name: 's1', state: 'down' },
    ],
  };
  for (const [name, source] of [
    ['a key that became duplicate', doubled],
    ['a key that is missing', { services: [{ state: 'up' }] }],
    ['an empty list', { services: [] }],
  ] as const) {
    test(`${name} is told once, not at every poll, and again when it comes again`, async () => {
      await using scene = await Scene.open();
      const truth = services('up', 'up', 'up', 'up');
      scene.source = truth;
      await scene.start(config(...LIST));
      await until(() => scene.lines('first snapshot').length === 1);
      const suspect = () =>
        scene.log.filter(({ level, msg }) => level === 'warn' && msg.startsWith('suspect: ')).length;
      scene.source = source;
      for (let poll = 0; poll < 4; poll += 1) await scene.nextPoll(30_000);
      assert.equal(suspect(), 1);
      scene.source = truth;
      await scene.nextPoll(30_000);
      assert.equal(scene.log.filter((one) => one.msg === 'no longer suspect' && !one.alert).length, 1);
      scene.source = source;
      await scene.nextPoll(30_000);
      assert.equal(suspect(), 2);
      assert.equal(at(scene, '/ops').length, 0);
      const told = await arrivals(scene, '/alerts', 3);
      assert.deepEqual(
        told.map(({ event }) => event.type),
        ['suspect', 'recovered', 'suspect'].map((kind) => `pollhook.source.${kind}`),
      );
    });
  }
});

test('a field that alone causes all updates is named once', async () => {
  await using scene = await Scene.open();
  let request = 0;
  scene.source = (_: IncomingMessage, response: ServerResponse) => {
    request += 1;
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ services: [{ name: 's1', state: 'up', checked: request }] }));
  };
  await scene.start(config(...LIST));
  await until(() => scene.lines('first snapshot').length === 1);
  for (let poll = 0; poll < 14; poll += 1) await scene.nextPoll(30_000);
  assert.equal(scene.lines('10 of 10 updates in 10 polls were of "checked" alone').length, 1);
  assert.equal(scene.lines('set ignore: ["checked"]').length, 1);
});
