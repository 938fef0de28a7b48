import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { parse } from 'yaml';
import { printConfig } from '../../src/config/print.ts';
import { load, loaded, source, URL_LINE, webhook } from './files.ts';

const LITERAL = `
state: \${STATE}
server: { listen: "127.0.0.1:\${PORT}" }
auth:
  crm: { type: basic, username: literal-user, password: literal-password }
sources:
  a:
    url: https://\${HOST}/api
    auth: crm
    headers: { x-key: literal-header, x-token: "Bearer \${TOKEN}" }
    redirects: \${COUNT}
    initial: \${INITIAL:-emit}
webhooks:
  w: { url: https://x.test/, secret: [literal-secret-of-24-bytes, "\${TOKEN}"] }
`;

const ENV = {
  STATE: '/very/private',
  PORT: '54321',
  HOST: 'host.private',
  TOKEN: 'token-from-env-24-bytes!',
  COUNT: '17',
};

test('the printed configuration holds no secret', () => {
  const { resolved, config } = loaded(LITERAL, ENV);
  const printed = printConfig(resolved);
  for (const secret of ['literal-', ...Object.values(ENV)]) {
    assert.ok(!printed.includes(secret), `${secret} in ${printed}`);
    assert.ok(!secret.startsWith('literal') || !inspect(config, { depth: 20 }).includes(secret));
  }
});

test('what is printed instead of a secret', () => {
  const printed = parse(printConfig(loaded(LITERAL, ENV).resolved));
  assert.equal(printed.state, '[from ${STATE}]');
  assert.equal(printed.server.listen, '127.0.0.1:[from ${PORT}]');
  assert.deepEqual(printed.auth.crm, { type: 'basic', username: '[secret]', password: '[secret]' });
  assert.equal(printed.sources.a.url, 'https://[from ${HOST}]/api');
  assert.equal(printed.sources.a.auth, 'crm');
  assert.deepEqual(printed.sources.a.headers, { 'x-key': '[secret]', 'x-token': '[secret]' });
  assert.equal(printed.sources.a.redirects, '[from ${COUNT}]');
  assert.equal(printed.sources.a.initial, 'emit');
  assert.deepEqual(printed.webhooks.w.secret, ['[secret]', '[from ${TOKEN}]']);
});

test('every default is printed, and what is printed is a configuration again', () => {
  const yaml = `defaults: { source: { timeout: 7s }, webhook: { probe: { first: 1s } } }\n${source(URL_LINE)}`;
  const printed = printConfig(loaded(yaml).resolved);
  const again = loaded(printed).config;
  const first = loaded(yaml).config;
  assert.deepEqual(again.sources, first.sources);
  assert.deepEqual(again.webhooks, first.webhooks);
  assert.equal(parse(printed).sources.s.max_body, '50MB');
  assert.equal(parse(printed).defaults, undefined);
});

test('secrets are gathered for the redactor, defaults of the file are not', () => {
  const { secrets } = loaded(LITERAL, ENV);
  for (const secret of [
    'literal-user',
    'literal-password',
    'literal-header',
    'literal-secret-of-24-bytes',
    ...Object.values(ENV),
  ]) {
    assert.ok(secrets.includes(secret), secret);
  }
  assert.ok(!secrets.includes('emit'));
});

const PLACES: readonly [name: string, yaml: (value: string) => string][] = [
  ['url', (value) => source(`url: ${value}`)],
  ['every', (value) => source(URL_LINE, `every: ${value}`)],
  ['initial', (value) => source(URL_LINE, `initial: ${value}`)],
  ['conditional', (value) => source(URL_LINE, `conditional: ${value}`)],
  ['redirects', (value) => source(URL_LINE, `redirects: ${value}`)],
  ['enabled', (value) => source(URL_LINE, `enabled: ${value}`)],
  ['auth', (value) => source(URL_LINE, `auth: ${value}`)],
  ['auth.type', (value) => source(URL_LINE, `auth: { type: "${value}", token: a }`)],
  ['send_to', (value) => source(URL_LINE, `send_to: ["${value}"]`)],
  ['items', (value) => source(URL_LINE, 'key: id', `items: "${value}("`)],
  ['cron', (value) => source(URL_LINE, `cron: ${value}`)],
  ['timezone', (value) => source(URL_LINE, 'cron: 0 * * * *', `timezone: ${value}`)],
  ['a header', (value) => source(URL_LINE, `headers: { a: "${value}\\n" }`)],
  ['secret', (value) => webhook(URL_LINE, `secret: whsec_${value}`)],
  ['state', (value) => `state: postgres://${value}\n${source(URL_LINE)}`],
  ['server.listen', (value) => `server: { listen: "${value}" }\n${source(URL_LINE)}`],
];

for (const [name, yaml] of PLACES) {
  test(`no message quotes a variable: ${name}`, () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~]{12,40}$/), (secret) => {
        const result = load(yaml('${SECRET}'), { SECRET: secret });
        if (result.kind === 'invalid')
          assert.ok(!JSON.stringify(result).includes(JSON.stringify(secret).slice(1, -1)));
      }),
      { numRuns: 30 },
    );
  });
}

test('no message quotes a literal secret', () => {
  const secret = 'sw0rdf1sh';
  const yamls = [
    webhook(URL_LINE, `secret: whsec_${secret}`),
    webhook(URL_LINE, `secret: { a: ${secret} }`),
    source(URL_LINE, `auth: { type: basic, username: "a:${secret}", password: b }`),
    source(URL_LINE, `headers: { a: "${secret}\\n" }`),
    `state: postgres://u:${secret}@h/d\n${source(URL_LINE)}`,
    source(`url: https://u:${secret}@x.test/`),
    source(URL_LINE, `headers: { a: ${secret}: b }`),
    webhook(URL_LINE, `secret: "${secret}`),
    webhook(URL_LINE, `secret: ${secret}: x`),
  ];
  for (const yaml of yamls) {
    const result = load(yaml);
    assert.equal(result.kind, 'invalid', yaml);
    assert.ok(!JSON.stringify(result).includes(secret), JSON.stringify(result));
  }
});

test('variables of the environment that are not used are no secrets', () => {
  assert.deepEqual(loaded(source(URL_LINE), { HOME: '/root/home' }).secrets, []);
});
