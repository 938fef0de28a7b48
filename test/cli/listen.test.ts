import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { request } from 'undici';
import { type ListenOptions, listen } from '../../src/cli/listen.ts';
import { PollhookError } from '../../src/errors.ts';
import { FakeClock, until } from '../fake-clock.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_c2l4dHktZm91ciBieXRlcyBvZiBvdGhlciBrZXk=';

const BODY = JSON.stringify({
  type: 'tickets.updated',
  timestamp: '2026-11-21T09:30:00.000Z',
  data: {
    source: 'tickets',
    key: 'T-1',
    change: 'updated',
    changes: [
      { path: '/status', from: 'open', to: 'closed' },
      { path: '/tags/0', to: 'new' },
      { path: '/score', from: 1, to: { high: true } },
    ],
  },
});

async function listening(context: TestContext, options: Partial<ListenOptions> = {}) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const output = (line: string) => lines.push(line);
  const listener = await listen({ port: 0, secrets: [SECRET], output, clock, ...options });
  context.after(() => listener.close());
  const url = `http://127.0.0.1:${listener.port}/`;

  async function send(body: string | Buffer, headers: Record<string, string> = {}): Promise<number> {
    const { statusCode, body: answer } = await request(url, { method: 'POST', body, headers });
    await answer.dump();
    return statusCode;
  }
  return { listener, clock, lines, url, send };
}

function signed(clock: FakeClock, body: string, { secret = SECRET, age = 0, raw = false } = {}) {
  const at = new Date(clock.now() - age);
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret, raw ? { format: 'raw' } : {}).sign('evt_1', at, body),
  };
}

test('an event is verified, printed readably, and answered 204', async (context) => {
  const { send, lines, clock } = await listening(context);
  assert.equal(await send(BODY, { ...signed(clock, BODY), 'pollhook-attempt': '1' }), 204);
  assert.deepEqual(lines, [
    '09:30:00.000  tickets.updated  T-1  verified',
    '    /status: open → closed',
    '    /tags/0: - → new',
    '    /score: 1 → {"high":true}',
  ]);
});

test('either secret of a rotation verifies', async (context) => {
  const { send, lines, clock } = await listening(context, { secrets: [OTHER, SECRET] });
  await send(BODY, signed(clock, BODY));
  const both = signed(clock, BODY);
  await send(BODY, { ...both, 'webhook-signature': `v1a,AAAA v1,AAAA ${both['webhook-signature']}` });
  assert.equal(lines.filter((line) => line.endsWith('  verified')).length, 2);
});

test('a plain secret is used as its bytes', async (context) => {
  const secret = 'a plain passphrase, long enough';
  const { send, lines, clock } = await listening(context, { secrets: [secret] });
  await send(BODY, signed(clock, BODY, { secret, raw: true }));
  assert.match(lines[0] ?? '', /T-1 {2}verified$/);
});

test('without a secret nothing is claimed', async (context) => {
  const { send, lines } = await listening(context, { secrets: [] });
  await send(BODY);
  assert.match(lines[0] ?? '', /not verified: no --secret was given$/);
});

const MINUTE = 60_000;
type Headers = Record<string, string>;
const mistakes: Record<string, { headers: (clock: FakeClock) => Headers; body?: string; says: RegExp }> = {
  'no headers': {
    headers: () => ({}),
    says: /no webhook-id, webhook-timestamp, webhook-signature header: is the webhook signed\? {2}answered 401$/,
  },
  'no signature': {
    headers: (clock) => ({ ...signed(clock, BODY), 'webhook-signature': '' }),
    says: /no webhook-signature header/,
  },
  'another scheme': {
    headers: (clock) => ({ ...signed(clock, BODY), 'webhook-signature': 'v1a,AAAA' }),
    says: /has no v1 signature/,
  },
  'a timestamp in milliseconds': {
    headers: (clock) => ({ ...signed(clock, BODY), 'webhook-timestamp': String(clock.now()) }),
    says: /not in Unix seconds/,
  },
  'the wrong secret': {
    headers: (clock) => signed(clock, BODY, { secret: OTHER }),
    says: /wrong secret, or the body was altered/,
  },
  'the secret as text': {
    headers: (clock) => signed(clock, BODY, { secret: SECRET, raw: true }),
    says: /the text of the secret, not the base64/,
  },
  'another body': {
    headers: (clock) => signed(clock, '{}'),
    says: /wrong secret, or the body was altered/,
  },
  'a body formatted anew': {
    headers: (clock) => signed(clock, BODY),
    body: JSON.stringify(JSON.parse(BODY), null, 2),
    says: /body altered: the JSON was reformatted/,
  },
  'an old message': {
    headers: (clock) => signed(clock, BODY, { age: 5 * MINUTE + 1000 }),
    says: /old timestamp: signed 301 s ago/,
  },
  'a message from the future': {
    headers: (clock) => signed(clock, BODY, { age: -5 * MINUTE - 1000 }),
    says: /timestamp 301 s in the future/,
  },
};
for (const [name, { headers, body = BODY, says }] of Object.entries(mistakes)) {
  test(`not verified: ${name}`, async (context) => {
    const { send, lines, clock } = await listening(context);
    assert.equal(await send(body, headers(clock)), 401);
    assert.match(lines[0] ?? '', says);
    assert.match(lines[0] ?? '', /NOT VERIFIED/);
  });
}

test('a sender is told why it is refused, and a status that was chosen is kept', async (context) => {
  const { url } = await listening(context);
  const refused = await request(url, { method: 'POST', body: BODY });
  assert.equal(refused.statusCode, 401);
  assert.match(await refused.body.text(), /no webhook-id.*is the webhook signed/);
  const chosen = await listening(context, { status: 202 });
  assert.equal(await chosen.send(BODY), 202);
});

test('not verified: a secret given without its whsec_', async (context) => {
  const { send, lines, clock } = await listening(context, { secrets: [SECRET.slice(6)] });
  await send(BODY, signed(clock, BODY));
  assert.match(lines[0] ?? '', /the sender has it with whsec_ before it {2}answered 401$/);
});

test('not verified: a secret given with a line break', async (context) => {
  const { send, lines, clock } = await listening(context, { secrets: ['a plain passphrase, long enough\n'] });
  await send(BODY, signed(clock, BODY, { secret: 'a plain passphrase, long enough', raw: true }));
  assert.match(lines[0] ?? '', /a blank or a line break at its end {2}answered 401$/);
});

test('five minutes are tolerated', async (context) => {
  const { send, lines, clock } = await listening(context);
  await send(BODY, signed(clock, BODY, { age: 5 * MINUTE }));
  await send(BODY, signed(clock, BODY, { age: -5 * MINUTE }));
  assert.equal(lines.filter((line) => line.endsWith('verified') && !line.includes('NOT')).length, 2);
});

test('--status, --fail and --delay choose the answers', async (context) => {
  const { send, lines, clock } = await listening(context, { status: 202, fail: 2, delay: 3000 });
  const codes: number[] = [];
  for (let count = 1; count <= 3; count += 1) {
    const answer = send(BODY, { 'pollhook-attempt': String(count) });
    await until(() => clock.sleeping === 1);
    await clock.advance(3000);
    codes.push(await answer);
  }
  assert.deepEqual(codes, [500, 500, 202]);
  assert.match(lines.find((line) => line.includes('attempt 2')) ?? '', /attempt 2 {2}answered 500$/);
});

test('what a sender wrote cannot steer the terminal', async (context) => {
  const { send, lines } = await listening(context);
  const evil = '\u001b[2J\u009b31m\r\nfake line\u202eabc\u2028\u0007';
  const data = { key: evil, change: 'updated', changes: [{ path: evil, from: evil, to: 1 }] };
  await send(JSON.stringify({ type: evil, data }));
  assert.equal(lines.length, 2);
  for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\u2028\u202e]/u);
  assert.match(lines[1] ?? '', /\\u\{1b\}\[2J/);
});

const rubbish: Record<string, string | Buffer> = {
  empty: '',
  'no JSON': 'hello',
  'JSON null': 'null',
  'a list': '[1]',
  'deep nesting': `{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  'deep changes': `{"data":{"change":"created","current":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
  'odd members': '{"type":5,"data":{"key":[],"changes":[null,1,{"path":{}}]}}',
  'bytes that are no text': Buffer.from([0xff, 0xfe, 0x00, 0x1b]),
};
for (const [name, body] of Object.entries(rubbish)) {
  test(`rubbish is answered and printed: ${name}`, async (context) => {
    const { send, lines } = await listening(context);
    assert.equal(await send(body), 401);
    assert.match(lines[0] ?? '', /not a pollhook event/);
  });
}

const formats: Record<string, { body: string; headers?: Record<string, string>; lines: RegExp[] }> = {
  'a CloudEvent': {
    body: `{"specversion":"1.0","id":"evt_1","type":"a.b","data":${JSON.stringify(JSON.parse(BODY).data)}}`,
    lines: [/a\.b {2}T-1 {2}/, /status: open → closed/, /tags/, /score/],
  },
  'a CloudEvent in headers': {
    body: JSON.stringify(JSON.parse(BODY).data),
    headers: { 'ce-type': 'a.b', 'pollhook-event': 'a.b' },
    lines: [/a\.b {2}T-1 {2}/, /status: open → closed/, /tags/, /score/],
  },
  'a record': {
    body: '{"id":1.0,"type":"printer"}',
    headers: { 'pollhook-event': 'a.b' },
    lines: [/ {2}a\.b {2}not/, /^ {4}\{"id":1\.0,"type":"printer"\}$/],
  },
  'a batch': {
    body: `[${BODY},{"id":1.0}]`,
    headers: { 'pollhook-batch': '2', 'pollhook-event': 'pollhook.batch' },
    lines: [
      / {2}batch of 2 events {2}not/,
      /^ {4}tickets\.updated {2}T-1$/,
      /^ {8}\/status: open → closed$/,
      /tags/,
      /score/,
      /^ {4}\{"id":1\.0\}$/,
    ],
  },
  'a text': {
    body: 'Disk full\non db1',
    headers: { 'pollhook-event': 'a.b' },
    lines: [/ {2}a\.b {2}/, /Disk full\\u\{a\}on db1/],
  },
};
for (const [name, { body, headers = {}, lines: expected }] of Object.entries(formats)) {
  test(`other formats are printed: ${name}`, async (context) => {
    const { send, lines } = await listening(context, { secrets: [] });
    await send(body, headers);
    assert.equal(lines.length, expected.length, lines.join('\n'));
    for (const [index, line] of lines.entries()) assert.match(line, expected[index] ?? /never/);
  });
}

test('a message must be signed as it is expected', async (context) => {
  const { send, lines, clock } = await listening(context, { sign: ['github'] });
  await send(BODY, signed(clock, BODY));
  const signature = createHmac('sha256', SECRET).update(BODY).digest('hex');
  await send(BODY, { 'x-hub-signature-256': `sha256=${signature}` });
  assert.match(lines[0] ?? '', /NOT VERIFIED: no x-hub-signature-256 header/);
  assert.match(lines[4] ?? '', /verified \(github\)$/);
});

test('numbers are printed with the digits that came', async (context) => {
  const { send, lines } = await listening(context);
  await send('{"type":"a","data":{"changes":[{"path":"/n","from":12345678901234567890,"to":1.0}]}}');
  assert.equal(lines[1], '    /n: 12345678901234567890 → 1.0');
});

test('a huge message is refused', async (context) => {
  const { send, lines } = await listening(context);
  const status = await send(Buffer.alloc(10_000_001, 0x20)).catch(() => 413);
  assert.equal(status, 413);
  assert.match(lines[0] ?? '', /larger than 10000000 bytes/);
});

test('a sender that breaks off does no harm', async (context) => {
  const { send, lines, listener } = await listening(context);
  const socket = connect(listener.port, '127.0.0.1');
  await new Promise<void>((resolve) => {
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf', () => resolve());
  });
  socket.resetAndDestroy();
  assert.equal(await send(BODY), 401);
  assert.equal(lines.filter((line) => line.includes('tickets.updated')).length, 1);
});

test('a browser is told what this is', async (context) => {
  const { url } = await listening(context);
  const { statusCode, body } = await request(url);
  assert.equal(statusCode, 405);
  assert.match(await body.text(), /webhook receiver/);
});

test('a port that is taken is an error with a way out', async (context) => {
  const { listener } = await listening(context);
  await assert.rejects(
    listen({ port: listener.port, secrets: [], output: () => undefined }),
    (error) => error instanceof PollhookError && error.code === 'LISTEN_FAILED',
  );
});

test('close does not wait for delayed answers', async () => {
  const clock = new FakeClock();
  const listener = await listen({ port: 0, secrets: [], output: () => undefined, delay: 60_000, clock });
  const answer = request(`http://127.0.0.1:${listener.port}/`, { method: 'POST', body: '{}' }).catch(
    () => null,
  );
  await until(() => clock.sleeping === 1);
  await listener.close();
  await answer;
  assert.equal(clock.sleeping, 0);
});
