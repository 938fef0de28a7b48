import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { reveal } from '../../src/lib/secret.ts';
import { folder, loaded, problems, SOURCES, source, URL_LINE, WEBHOOKS, webhook } from './files.ts';

const SMALLEST = `sources:
  tickets:
    url: https://desk.example.com/api/tickets?status=open
    every: 30s
    items: tickets
    key: id
    send_to: agent

webhooks:
  agent:
    url: https://agents.example.com/hooks/tickets
    secret: \${AGENT_WEBHOOK_SECRET}
`;

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

function sourceOf(yaml: string, env: { [name: string]: string } = {}, name = 's') {
  const found = loaded(yaml, env).config.sources.get(name);
  assert.ok(found);
  return found;
}

function webhookOf(yaml: string, env: { [name: string]: string } = {}) {
  const found = loaded(yaml, env).config.webhooks.get('w');
  assert.ok(found);
  return found;
}

test('the smallest useful configuration', () => {
  const { config, warnings } = loaded(SMALLEST, { AGENT_WEBHOOK_SECRET: SECRET });
  const tickets = config.sources.get('tickets');
  const agent = config.webhooks.get('agent');
  assert.deepEqual(tickets?.schedule, { every: 30_000 });
  assert.deepEqual(tickets?.key, ['id']);
  assert.deepEqual(tickets?.send_to, ['agent']);
  assert.deepEqual(tickets?.backoff, { first: 5_000, factor: 2, max: 900_000 });
  assert.deepEqual(tickets?.deletes, { confirm: 2, guard: { count: 10, ratio: 0.1 }, allow_empty: false });
  assert.deepEqual(agent?.secret.map(reveal), [SECRET]);
  assert.equal(agent?.retry.schedule.length, 9);
  assert.equal(config.listen, '127.0.0.1:8080');
  assert.deepEqual(warnings, []);
});

test('defaults: every minute, to the only webhook', () => {
  const found = sourceOf(source(URL_LINE));
  assert.deepEqual(found.schedule, { every: 60_000 });
  assert.deepEqual(found.send_to, ['w']);
  assert.equal(found.auth, null);
});

test('names that every object has', () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];
  const sources = names.map((name) => `  ${name}: { ${URL_LINE.replace(' ', ' "')}" }\n`).join('');
  const { config } = loaded(`sources:\n${sources}${WEBHOOKS}`);
  assert.deepEqual([...config.sources.keys()], names);
});

test('names that look like numbers are kept as written', () => {
  const { config } = loaded(`sources:\n  007: { url: "https://x.test/" }\n${WEBHOOKS}`);
  assert.deepEqual([...config.sources.keys()], ['007']);
});

test('maps merge, lists and scalars replace', () => {
  const yaml = `
defaults:
  source:
    timeout: 5s
    headers: { x-a: one, X-B: two }
    ignore: [a, b]
    deletes: { guard: { count: 3 } }
sources:
  s: { url: "https://x.test/", timeout: 6s, headers: { x-b: three }, ignore: [c], deletes: { guard: { ratio: 5% } } }
${WEBHOOKS}`;
  const found = sourceOf(yaml);
  assert.equal(found.timeout, 6_000);
  const headers = Object.entries(found.headers).map(([name, value]) => [name, reveal(value)]);
  assert.deepEqual(Object.fromEntries(headers), { 'x-a': 'one', 'x-b': 'three' });
  assert.deepEqual(found.ignore, ['c']);
  assert.deepEqual(found.deletes, { confirm: 2, guard: { count: 3, ratio: 0.05 }, allow_empty: false });
});

test('defaults give what is required', () => {
  const yaml = `
defaults: { source: { url: "https://x.test/" }, webhook: { url: "https://y.test/", sign: none } }
sources: { s: {} }
webhooks: { w: {} }
`;
  assert.equal(sourceOf(yaml).url, 'https://x.test/');
});

test('credentials of another type replace the default ones', () => {
  const auth = 'auth: { type: basic, username: a, password: b }';
  const yaml = `defaults: { source: { ${auth} } }\n${source(URL_LINE, 'auth: { type: bearer, token: abc }')}`;
  assert.equal(sourceOf(yaml).auth?.type, 'bearer');
});

test('credentials may be completed by the source', () => {
  const auth = 'auth: { type: basic, username: a }';
  const yaml = `defaults: { source: { ${auth} } }\n${source(URL_LINE, 'auth: { password: b }')}`;
  assert.equal(sourceOf(yaml).auth?.type, 'basic');
});

test('cron of a source drops the default interval, and an interval the default cron', () => {
  const cron = `defaults: { source: { every: 5s } }\n${source(URL_LINE, 'cron: 0 9 * * MON', 'timezone: Europe/Berlin')}`;
  assert.deepEqual(sourceOf(cron).schedule, { cron: '0 9 * * MON', timezone: 'Europe/Berlin' });
  const every = `defaults: { source: { cron: "0 * * * *", timezone: UTC } }\n${source(URL_LINE, 'every: 5s')}`;
  assert.deepEqual(sourceOf(every).schedule, { every: 5_000 });
  // What goes with another option is there for those that have that one.
  const zone = (...lines: string[]) =>
    sourceOf(`defaults: { source: { timezone: UTC, content_type: form } }\n${source(URL_LINE, ...lines)}`);
  assert.deepEqual(zone().schedule, { every: 60_000 });
  assert.deepEqual(zone('cron: 0 9 * * *').schedule, { cron: '0 9 * * *', timezone: 'UTC' });
  assert.deepEqual(
    [zone().content_type, zone('method: POST', 'body: { a: 1 }').content_type],
    [undefined, 'form'],
  );
});

test('anchors, aliases and merge keys', () => {
  const yaml = `
sources:
  a: &a { url: "https://x.test/", every: 5s }
  b: { <<: *a, every: 6s }
  c: { <<: [{ every: 7s }, *a] }
${WEBHOOKS}`;
  const { sources } = loaded(yaml).config;
  const seconds = [...sources.values()].map(({ schedule }) => 'every' in schedule && schedule.every / 1000);
  assert.deepEqual(seconds, [5, 6, 7]);
});

test('an anchor may be used thousands of times', () => {
  const uses = Array.from({ length: 3000 }, (_, index) => `  s${index}: *a\n`).join('');
  const yaml = `sources:\n  a: &a { url: "https://x.test/" }\n${uses}${WEBHOOKS}`;
  assert.equal(loaded(yaml).config.sources.size, 3001);
});

const INTERPOLATED: readonly [name: string, text: string, expected: string][] = [
  ['a variable', '${HOST}', 'x.test'],
  ['a variable in a text', 'a.${HOST}', 'a.x.test'],
  ['two variables', '${A}.${HOST}', 'one.x.test'],
  ['a default that is not needed', '${HOST:-y.test}', 'x.test'],
  ['a default', '${NONE:-y.test}', 'y.test'],
  ['a default for an empty variable', '${EMPTY:-y.test}', 'y.test'],
  ['a variable that holds ${', '${NESTED}', '${HOST}'],
  ['a literal ${', '$${HOST}', '${HOST}'],
  ['a dollar sign', 'a$b', 'a$b'],
];

for (const [name, text, expected] of INTERPOLATED) {
  test(`interpolation: ${name}`, () => {
    const env = { HOST: 'x.test', A: 'one', EMPTY: '', NESTED: '${HOST}' };
    assert.equal(sourceOf(source(URL_LINE, `body: '${text}'`, 'method: POST'), env).body, expected);
  });
}

test('a variable cannot change the document', () => {
  const env = { VALUE: 'a\nenabled: false # "' };
  const found = sourceOf(source(URL_LINE, 'content_type: text/plain', 'body: ${VALUE}', 'method: POST'), env);
  assert.equal(found.body, env.VALUE);
  assert.equal(found.enabled, true);
});

test('nothing is replaced in keys', () => {
  const found = sourceOf(source(URL_LINE, 'query: { "${A}": b }'), { A: 'x' });
  assert.deepEqual(found.query, { '${A}': 'b' });
});

test('numbers, true and false may come from variables', () => {
  const lines = ['redirects: ${N}', 'enabled: ${YES}', 'deletes: ${NO}', 'conditional: ${NO}'];
  const found = sourceOf(source(URL_LINE, ...lines), { N: '7', YES: 'true', NO: 'false' });
  assert.deepEqual(
    [found.redirects, found.enabled, found.deletes, found.conditional],
    [7, true, false, false],
  );
});

test('a number from a variable stays text where text is expected', () => {
  const yaml = source(URL_LINE, 'auth: { type: basic, username: "${N}", password: "${N}" }');
  const { auth } = sourceOf(yaml, { N: '0123' });
  assert.equal(auth?.type === 'basic' && reveal(auth.username), '0123');
});

test('a part of a text is no number', () => {
  const [problem] = problems(source(URL_LINE, 'redirects: 1${N}'), { N: '0' });
  assert.match(problem ?? '', /expected a whole number, found text/);
});

test('files: beside the configuration or absolute, without their last line break', () => {
  const path = folder();
  mkdirSync(join(path, 'secrets'));
  writeFileSync(join(path, 'secrets/one'), `${SECRET}\n`);
  writeFileSync(join(path, 'secrets/two'), `${SECRET}\r\n`);
  const secret = `secret: ["\${file:secrets/one}", "\${file:${path}/secrets/two}"]`;
  writeFileSync(join(path, 'config.yaml'), webhook(URL_LINE, secret));
  const result = loadConfig(join(path, 'config.yaml'), {});
  assert.ok(result.kind === 'ok');
  assert.deepEqual(result.config.webhooks.get('w')?.secret.map(reveal), [SECRET, SECRET]);
});

test('a folder or device in place of a file', () => {
  for (const path of ['/', '/dev/zero']) {
    const [problem] = problems(webhook(URL_LINE, `secret: \${file:${path}}`));
    assert.match(problem ?? '', /^4:13 webhooks\.w\.secret: the file .* cannot be read: it is not a file/);
  }
});

test('parameters are sent as they are written', () => {
  const found = sourceOf(source(URL_LINE, 'query: { version: 1.10, open: true, page: 007, hex: 0x10 }'));
  assert.deepEqual(found.query, { version: '1.10', open: 'true', page: '007', hex: '0x10' });
});

test('where state is kept', () => {
  const path = folder();
  const file = join(path, 'config.yaml');
  const stateOf = (line: string, env = {}) => {
    writeFileSync(file, `${line}${SOURCES}${WEBHOOKS}`);
    const result = loadConfig(file, env);
    return result.kind === 'ok' ? result.config.state : result.problems;
  };
  const json = (folder: string) => ({ kind: 'json', folder });
  assert.deepEqual(stateOf(''), json(join(path, 'data')));
  assert.deepEqual(stateOf('', { POLLHOOK_STATE: '/data' }), json('/data'));
  assert.deepEqual(stateOf('', { POLLHOOK_STATE: 'else' }), json(join(path, 'else')));
  assert.deepEqual(stateOf('state: here\n', { POLLHOOK_STATE: '/data' }), json(join(path, 'here')));
  assert.deepEqual(stateOf('state: sqlite:a.db\n'), { kind: 'sqlite', file: join(path, 'a.db') });
  assert.deepEqual(stateOf('state: sqlite:/var/a.db\n'), { kind: 'sqlite', file: '/var/a.db' });
  const [problem] = stateOf('', { POLLHOOK_STATE: 'postgres://u:p@h/d' }) as unknown as [
    { path: string; line: null },
  ];
  assert.deepEqual([problem.path, problem.line], ['$POLLHOOK_STATE', null]);
});

test('where it listens', () => {
  const listen = (line: string, env = {}) => loaded(`${line}${SOURCES}${WEBHOOKS}`, env).config.listen;
  assert.equal(listen('', { POLLHOOK_LISTEN: '0.0.0.0:80' }), '0.0.0.0:80');
  assert.equal(listen('', { POLLHOOK_LISTEN: 'false' }), false);
  assert.equal(listen('server: { listen: "[::1]:0" }\n', { POLLHOOK_LISTEN: '0.0.0.0:80' }), '[::1]:0');
  assert.equal(listen('server: { listen: false }\n'), false);
  assert.equal(listen('server: { listen: "${L}" }\n', { L: 'false' }), false);
  assert.match(problems(`${SOURCES}${WEBHOOKS}`, { POLLHOOK_LISTEN: '80' })[0] ?? '', /\$POLLHOOK_LISTEN/);
});

test('loopback needs no TLS', () => {
  for (const host of ['localhost', 'api.localhost', '127.0.0.1', '127.1.2.3:80', '[::1]:8080']) {
    assert.ok(webhookOf(webhook(`url: http://${host}/`, 'sign: none')));
  }
  assert.ok(webhookOf(webhook('url: http://x.test/', 'sign: none', 'insecure_http: true')));
});

test('a schedule as a geometric series: the waits between the attempts', () => {
  const retry = 'retry: { schedule: { attempts: 4, first: 1s, max: 3s } }';
  assert.deepEqual(webhookOf(webhook(URL_LINE, 'sign: none', retry)).retry.schedule, [1000, 2000, 3000]);
});

test('a server beyond this machine without a token is warned about, wherever its address comes from', () => {
  const places = (more: string, env = {}) =>
    loaded(`${more}${SOURCES}${WEBHOOKS}`, env).warnings.map(({ line, column, path }) => [
      line,
      column,
      path,
    ]);
  assert.deepEqual(places('server: { listen: "0.0.0.0:80" }\n'), [[1, 19, 'server.listen']]);
  assert.deepEqual(places('', { POLLHOOK_LISTEN: '[::]:80' }), [[null, null, '$POLLHOOK_LISTEN']]);
  assert.deepEqual(places('server: { listen: "0.0.0.0:80", token: abc }\n'), []);
  for (const listen of ['localhost:80', '127.8.0.1:80', '[::1]:80']) {
    assert.deepEqual(places(`server: { listen: "${listen}" }\n`), []);
  }
});

test('validators are believed for a day at most, unless it is said otherwise', () => {
  const found = (...more: string[]) => loaded(source(URL_LINE, ...more)).config.sources.get('s')?.conditional;
  assert.deepEqual([found(), found('conditional: auto')], [{ refresh: 86_400_000 }, { refresh: 86_400_000 }]);
  assert.deepEqual(found('conditional: { refresh: 7d }'), { refresh: 7 * 86_400_000 });
});

test('a size may be written in each unit', () => {
  const sizes = { '512kB': 512_000, '10MB': 10_000_000, '1GiB': 2 ** 30, '1.5MiB': 1_572_864, '1B': 1 };
  for (const [text, bytes] of Object.entries(sizes)) {
    const { config } = loaded(source(URL_LINE, `max_body: ${text}`));
    assert.equal(config.sources.get('s')?.max_body, bytes);
  }
});

test('warnings do not refuse the file', () => {
  const { warnings } = loaded(webhook(URL_LINE, 'secret: short'));
  assert.deepEqual(
    warnings.map(({ line, column, path }) => [line, column, path]),
    [[4, 13, 'webhooks.w.secret']],
  );
  assert.match(loaded(source(URL_LINE, 'body: a')).warnings[0]?.hint ?? '', /POST/);
});

test('all mistakes at once, whatever their kind', () => {
  const yaml = source(
    ...['evry: 5s', 'timeout: 5', 'url: ${NONE}', 'items: data', 'send_to: v', 'auth: crm', 'moved_from: s'],
  );
  assert.deepEqual(
    problems(yaml).map((line) => line.split(':', 2).join(':').replace(/ .*/, '')),
    ['2:3', '3:5', '4:14', '5:10', '7:14', '8:11', '9:17'],
  );
});

test('a file that cannot be read', () => {
  for (const path of [join(folder(), 'none.yaml'), folder(), '/dev/zero']) {
    const result = loadConfig(path, {});
    assert.ok(result.kind === 'invalid' && result.code === 'CONFIG_UNREADABLE');
    assert.equal(result.problems[0]?.line, null);
  }
});
