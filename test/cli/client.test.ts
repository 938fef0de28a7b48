import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { main } from '../../src/cli/main.ts';
import { Scene } from '../e2e/scene.ts';
import { until } from '../fake-clock.ts';
import { capture } from './capture.ts';

const CONFIG = `
sources:
  tickets: { url: "\${SOURCE}/tickets", every: 30s, items: tickets, key: id, send_to: agent }
  leads: { url: "\${SOURCE}/leads", every: 30s, items: tickets, key: id, send_to: agent, enabled: false }
webhooks:
  agent: { url: "\${RECEIVER}/hooks", secret: "\${SECRET}", retry: { schedule: [1s] } }
server: { token: the-token-of-this-test }
`;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  args: readonly string[],
  env: Record<string, string> = {},
  columns?: number,
): Promise<Ran> {
  const { io, said } = capture({ env, ...(columns !== undefined && { columns }) });
  const code = await main(args, io);
  return { code, ...said };
}

const tickets = (count: number) => ({
  tickets: Array.from({ length: count }, (_, at) => ({ id: at + 1, price: JSON.rawJSON('1.0') })),
});

async function open() {
  const scene = await Scene.open();
  scene.source = tickets(10);
  const { address } = await scene.start(CONFIG);
  await until(() => scene.lines('first snapshot').length === 1);
  const ask = (...args: string[]) =>
    run([...args, '--url', `http://${address}`, '-c', join(scene.folder, 'none.yaml')], {
      POLLHOOK_TOKEN: 'the-token-of-this-test',
    });
  return { scene, ask, address, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
}

describe('lists', () => {
  test('are tables for people, and data when asked for', async () => {
    await using here = await open();
    const { out, code } = await here.ask('sources');
    assert.equal(code, 0);
    assert.match(
      out,
      /^SOURCE +STATE +RECORDS +LAST POLL +NEXT POLL +EVERY +WHY\nleads +paused +0 .*\ntickets +ok +10 +\d+s ago +in \d+s +30s +-\n$/,
    );
    const data = JSON.parse((await here.ask('sources', '--json', '--state', 'ok')).out);
    assert.deepEqual(
      data.items.map(({ name }: { name: string }) => name),
      ['tickets'],
    );
    assert.match((await here.ask('webhooks')).out, /^agent +ok +0 +0 /m);
    assert.match((await here.ask('deliveries', '--state', 'dead')).err, /^no deliveries of this kind/);
  });

  test('say why a webhook does not take what it is owed', async () => {
    await using here = await open();
    const { scene } = here;
    assert.match((await here.ask('webhooks')).out, /^agent +ok .* -$/m);
    scene.answer = 503;
    scene.source = tickets(11);
    await scene.nextPoll(30_000);
    const why = /^agent +ok +1 .*1 failed attempt in a row: answered 503 Service Unavailable$/m;
    await until(async () => why.test((await here.ask('webhooks')).out), 'the reason');
  });

  test('end where they were asked to, and keep every digit', async () => {
    await using here = await open();
    const { scene } = here;
    scene.source = tickets(13);
    await scene.nextPoll(30_000);
    await scene.deliveries(3);
    const some = await here.ask('events', '--limit', '2');
    assert.equal(some.out.split('\n').length, 4);
    assert.match(some.err, /--limit shows them/);
    assert.match(
      (await here.ask('events', '--json', '--since', '1h', '--source', 'tickets')).out,
      /"price":1\.0/,
    );
  });
});

describe('actions', () => {
  test('pause and resume what has the name', async () => {
    await using here = await open();
    assert.match((await here.ask('pause', 'tickets')).out, /^source tickets: paused until/);
    assert.match((await here.ask('sources')).out, /^tickets +paused/m);
    assert.match((await here.ask('resume', 'tickets')).out, /^source tickets: resumed/);
    assert.match((await here.ask('pause', 'agent')).out, /^webhook agent: paused until/);
    assert.equal((await here.ask('resume', 'agent', '--webhook')).code, 0);
  });

  test('a wrong name gets the one that was probably meant', async () => {
    await using here = await open();
    for (const args of [
      ['pause', 'tickts'],
      ['approve', 'tickts'],
      ['resync', 'agent', 'tickts'],
    ]) {
      const { code, err } = await here.ask(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(err, /there is no source.* "tickts"; did you mean tickets\?/);
    }
    assert.match((await here.ask('replay', 'agnt', '--since', '1h')).err, /did you mean agent\?/);
  });

  test('what makes no sense now fails with the reason', async () => {
    await using here = await open();
    const { code, err } = await here.ask('approve', 'tickets');
    assert.equal(code, 1);
    assert.match(err, /tickets: nothing is in doubt\n {2}.*\(API_CONFLICT\)/);
  });

  test('reload tells what changed, and what is wrong with a file that is not applied', async () => {
    await using here = await open();
    const file = join(here.scene.folder, 'config.yaml');
    await writeFile(file, CONFIG.replace('every: 30s', 'every: 20s'));
    const right = await here.ask('reload');
    assert.match(right.out, /source tickets: changed every/);
    assert.equal(right.code, 0);
    assert.match(
      (await here.ask('reload')).out,
      /^nothing has changed since it was last read; .* the log says/,
    );
    await writeFile(file, CONFIG.replace('every: 30s', 'every: soon'));
    const wrong = await here.ask('reload');
    assert.match(wrong.out + wrong.err, /config\.yaml:3:\d+ {2}sources\.tickets\.every: /);
    assert.equal(wrong.code, 1);
  });

  test('retry and drop settle deliveries, and say which could not be', async () => {
    await using here = await open();
    const { scene } = here;
    scene.answer = 500;
    scene.source = tickets(12);
    await scene.nextPoll(30_000);
    await until(async () => {
      await scene.clock.advance(1000);
      return JSON.parse((await here.ask('deliveries', '--state', 'dead', '--json')).out).items.length === 2;
    });
    assert.match((await here.ask('deliveries', '--state', 'dead')).out, /dead +agent .* 2 +500 /);
    const { items } = JSON.parse((await here.ask('deliveries', '--state', 'dead', '--json')).out);
    const [one, other] = items.map(({ id }: { id: string }) => id);
    scene.answer = 204;
    const { code, out, err } = await here.ask('retry', one, 'dlv_unknown');
    assert.deepEqual([code, out], [1, `${one}: due now\n`]);
    assert.match(err, /no delivery "dlv_unknown"/);
    assert.equal((await here.ask('drop', other)).out, `${other}: dropped\n`);
  });

  test('retry and drop settle all in a state', async () => {
    await using here = await open();
    const { scene } = here;
    await here.ask('pause', 'agent');
    scene.source = tickets(15);
    await scene.nextPoll(30_000);
    const filter = ['--webhook', 'agent', '--source', 'tickets', '--since', '1h'];
    assert.deepEqual(await here.ask('drop', '--state', 'held', ...filter), {
      ...{ code: 0, out: '5 deliveries dropped\n', err: '' },
    });
    assert.equal((await here.ask('retry', '--state', 'dropped')).out, '5 deliveries due now\n');
    assert.equal((await here.ask('retry', '--state', 'dead')).out, '0 deliveries due now\n');
    for (const args of [[], ['dlv_1', '--state', 'dead'], ['--webhook', 'agent']]) {
      const { code, err } = await here.ask('drop', ...args);
      assert.equal(code, 2, err);
      assert.match(err, /drop takes ids of deliveries, or --state/);
    }
    assert.match(
      (await here.ask('drop', '--state', 'delivered')).err,
      /Allowed choices are dead, pending, held/,
    );
  });

  test('replay and resync send what is kept again', async () => {
    await using here = await open();
    const { scene } = here;
    assert.match((await here.ask('resync', 'agent', 'tickets')).out, /10 events of tickets on the way/);
    await scene.deliveries(10);
    assert.equal((await here.ask('replay', 'agent', '--since', '1d')).code, 0);
    await scene.deliveries(20);
  });
});

describe('a daemon that cannot be asked', () => {
  test('is told in words, with what to do', async () => {
    const { code, err } = await run(['sources', '--url', 'http://127.0.0.1:9']);
    assert.equal(code, 1);
    assert.match(err, /^pollhook: no daemon answers at http:\/\/127\.0\.0\.1:9: /);
    assert.match(err, /Start it with `pollhook run`, or name its address with --url/);
  });

  test('wants its token', async () => {
    await using here = await open();
    const { code, err } = await run(['sources', '--url', `http://${here.address}`]);
    assert.equal(code, 1);
    assert.match(err, /token.*\(API_TOKEN\)/s);
  });

  test('is found without a configuration that can be used', async () => {
    const { code, err } = await run(['sources', '-c', '/nowhere/config.yaml']);
    assert.equal(code, 2);
    assert.match(err, /config\.yaml .*cannot be read[\s\S]*--url http:\/\/ADDRESS, \$POLLHOOK_TOKEN\n/);
  });

  test('with more sources than one page holds knows them all', async () => {
    const asked: string[] = [];
    const server = createServer(({ url, method }, response) => {
      asked.push(`${method} ${url}`);
      const { pathname, searchParams } = new URL(url ?? '', 'http://x');
      const [items, next] = pathname.endsWith('/webhooks')
        ? [[], null]
        : searchParams.has('after')
          ? [[{ name: 'last' }], null]
          : [[{ name: 'first' }], 'first'];
      response.end(JSON.stringify({ items, next }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, out } = await run(['pause', 'last', '--url', `http://127.0.0.1:${port}`]);
    server.close();
    assert.equal(code, 0, out);
    assert.equal(asked.at(-1), 'POST /api/v1/sources/last/pause');
  });

  test('may end in the middle of its answer', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('{"items":[', () => response.destroy());
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, err } = await run(['sources', '--url', `http://127.0.0.1:${port}`]);
    server.close();
    assert.equal(code, 1);
    assert.match(err, /^pollhook: no daemon answers at http:\/\/127\.0\.0\.1:\d+: .*\(DAEMON_UNREACHABLE\)/s);
  });

  test('may be something else', async () => {
    const server = createServer((_, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, err } = await run(['sources', '--url', `http://127.0.0.1:${port}`]);
    server.close();
    assert.equal(code, 1);
    assert.match(err, /what answers at http:\/\/127\.0\.0\.1:\d+ \(200\) is no pollhook/);
  });
});

describe('usage', () => {
  for (const [args, message] of [
    [['sorces'], /unknown command 'sorces'\n\(Did you mean sources\?\)/],
    [['sources', '--sate', 'ok'], /unknown option '--sate'\n\(Did you mean --state\?\)/],
    [['sources', '--state', 'nice'], /Allowed choices are ok, failing, suspect, paused, finished/],
    [['events', '--since', 'yesterday'], /a time is written like/],
    [['events', '--limit', '0'], /a whole number from 1/],
    [['replay', 'agent'], /required option '--since <time>'/],
    [['sources', '--url', 'localhost'], /write it like http:\/\/127\.0\.0\.1:8080/],
  ] as const) {
    test(`is explained for ${args.join(' ')}`, async () => {
      const { code, err } = await run(args);
      assert.equal(code, 2);
      assert.match(err, message);
    });
  }

  test('every command takes --config and --help', async () => {
    const listed = (await run(['--help'])).out.matchAll(/^ {2}([a-z]+) .*$/gm);
    const commands = [...listed].map(([, name = '']) => name).filter((name) => name !== 'help');
    assert.ok(commands.length > 20, commands.join());
    for (const name of commands) {
      const all = name === 'state' ? ['show', 'verify', 'reset', 'move'].map((one) => [name, one]) : [[name]];
      for (const words of all) {
        const { code, out } = await run([...words, '--help']);
        assert.equal(code, 0);
        assert.match(out, /-c, --config <file>/, words.join(' '));
      }
    }
    assert.equal((await run(['schema', '-c', 'any.yaml'])).code, 0);
  });

  test('the schema is printed', async () => {
    const { code, out } = await run(['schema']);
    assert.equal(code, 0);
    assert.equal(JSON.parse(out).title, 'pollhook configuration');
  });
});
