import assert from 'node:assert/strict';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { systemClock } from '../../../src/lib/clock.ts';
import { assertGenuine, Scene } from '../../e2e/scene.ts';
import { until } from '../../fake-clock.ts';
import { has, RealServer } from '../../servers/real.ts';
import { look } from './legacy.ts';

/** Starts the daemon on what `init` printed, with these values for the variables of its credentials. */
async function bridge(yaml: string, values: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const scene = await Scene.open();
  let text = yaml
    .replace('http://127.0.0.1:9000/', '${RECEIVER}/')
    .replace('${POLLHOOK_SECRET}', '${SECRET}');
  for (const [name, value] of Object.entries(values)) text = text.replace(`\${${name}}`, value);
  await scene.start(text);
  await scene.nextPoll(0);
  return scene;
}

const told = (scene: Scene) => scene.received.map(({ event }) => [event.type, event.data.key].join(' '));

const nginx = has('nginx', '-v') ? false : 'there is no nginx here (Debian: apt-get install nginx-light)';
const jsonServer = has('json-server', '--version')
  ? false
  : 'there is no json-server here (npm i -g json-server@0.17)';
const monit = has('monit', '-V') ? false : 'there is no monit here (Debian: apt-get install monit)';

describe('what init proposes for servers that others wrote brings the webhooks', () => {
  test('nginx: a folder as JSON, and a file with an ETag', { skip: nginx }, async () => {
    await using server = await RealServer.open();
    const { folder, port } = server;
    await mkdir(join(folder, 'www'));
    await server.file('www/stock.csv', 'sku;qty\r\n007;3\r\n008;4\r\n');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${folder}/${kind};`,
    );
    const conf = await server.file(
      'nginx.conf',
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  access_log off; ${temporary.join(' ')}
  types { text/csv csv; }
  server { listen 127.0.0.1:${port}; root ${folder}/www; autoindex on; autoindex_format json; }
}
`,
    );
    await server.start('nginx', '-e', join(folder, 'error.log'), '-c', conf);

    const list = await look(`${server.origin}/`);
    assert.equal(list.code, 0, list.err);
    assert.match(list.out, /key: name\n/);
    await using scene = await bridge(list.out);
    await server.file('www/new.txt', 'hello');
    await appendFile(join(folder, 'www/stock.csv'), '009;1\r\n');
    await scene.nextPoll(60_000);
    await scene.deliveries(2);
    assert.deepEqual(told(scene).sort(), ['source.created new.txt', 'source.updated stock.csv']);
    for (const received of scene.received) assertGenuine(received);

    const file = await look(`${server.origin}/stock.csv`);
    assert.match(file.out, /# ETag: the server answers conditional requests with 304/);
    assert.match(file.out, /key: sku\n/);
    await using other = await bridge(file.out);
    await writeFile(join(folder, 'www/stock.csv'), 'sku;qty\r\n007;3\r\n008;5000\r\n009;1\r\n');
    await other.nextPoll(60_000);
    await other.deliveries(1);
    assert.deepEqual(told(other), ['stock.updated 008']);
  });

  test('json-server: a list in pages, with ETags', { skip: jsonServer }, async () => {
    await using server = await RealServer.open();
    const tickets = [1, 2, 3, 4, 5].map((id) => ({ id, subject: `ticket ${id}`, status: 'open' }));
    const file = await server.file('db.json', JSON.stringify({ tickets }));
    await server.start('json-server', '--quiet', '--host', '127.0.0.1', '--port', String(server.port), file);
    const { out } = await look(`${server.origin}/tickets?_page=1&_limit=2`);
    assert.match(out, /key: id\n[\s\S]*paginate:\n +type: link/);
    await using scene = await bridge(out);
    const patch = {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"status":"closed"}',
    };
    assert.equal((await fetch(`${server.origin}/tickets/5`, patch)).status, 200);
    await scene.nextPoll(60_000);
    await scene.deliveries(1);
    assert.deepEqual(told(scene), ['tickets.updated 5']);
    assert.deepEqual((await fetch(`${server.origin}/tickets/1`, { method: 'DELETE' })).status, 200);
    await scene.nextPoll(60_000);
    await scene.nextPoll(60_000);
    await scene.deliveries(2);
    assert.deepEqual(told(scene), ['tickets.updated 5', 'tickets.deleted 1']);
  });

  test('monit: its status in XML, behind a password', { skip: monit }, async () => {
    await using server = await RealServer.open();
    const { folder, port } = server;
    const flag = await server.file('flag', 'up');
    const rc = await server.file(
      'monitrc',
      `set daemon 1
set pidfile ${folder}/pid
set idfile ${folder}/id
set statefile ${folder}/state
set httpd port ${port} and use address 127.0.0.1 allow admin:swordfish
check file flag with path ${flag}
check file other with path ${rcOf(folder)}
`,
    );
    await server.start('monit', '-I', '-c', rc);
    await systemClock.sleep(1500);
    const place = `${server.origin.replace('//', '//admin:swordfish@')}/_status?format=xml`;
    const { out } = await look(place, { wait: 1100 }, systemClock);
    assert.match(out, /items: monit\.service\n[\s\S]*key: name\n/);
    assert.match(out, /- collected_sec\n/);
    await using scene = await bridge(out, { STATUS_USERNAME: 'admin', STATUS_PASSWORD: 'swordfish' });
    await systemClock.sleep(1100);
    await scene.nextPoll(60_000);
    assert.deepEqual(
      told(scene).filter((one) => / (?:flag|other)$/.test(one)),
      [],
    );
    await rm(flag);
    await systemClock.sleep(2500);
    await scene.nextPoll(60_000);
    // Its other records are told of as well: load and memory move all the time.
    await until(() => told(scene).includes('status.updated flag'), 'the flag that went');
  });
});

function rcOf(folder: string): string {
  return join(folder, 'monitrc');
}
