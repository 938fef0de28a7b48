import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { Io } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import { send } from '../../src/cli/send.ts';
import { PollhookError } from '../../src/errors.ts';
import { OTHER_SECRET, SECRET, serve } from '../deliver/fixtures.ts';
import { ED25519, publicKeyOf } from '../deliver/sign/messages.ts';

const KEY = Buffer.from(SECRET.slice(6), 'base64');
const PLAIN = 'a plain passphrase, long enough';

/** Sends a test event with a configuration of one webhook; gives the exit code and what was printed. */
async function sending(context: TestContext, url: string, lines: readonly string[] = [], json = false) {
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-send-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.yaml');
  const own = lines.some((line) => line.startsWith('secret:')) ? lines : [`secret: ${SECRET}`, ...lines];
  const yaml = `sources: { s: { url: "https://x.test/" } }\nwebhooks:\n  agent:\n    url: ${url}\n${own.map((line) => `    ${line}\n`).join('')}`;
  await writeFile(config, yaml);
  const { io, printed } = terminal();
  const code = await send('agent', { config, json }, io);
  return { code, ...printed() };
}

/** Keeps what is printed. */
function terminal(env: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = { env, out: (text) => void out.push(text), err: (text) => void err.push(text) };
  return { io, printed: () => ({ out: out.join(''), err: err.join('') }) };
}

type Judge = (headers: IncomingHttpHeaders, body: Buffer) => boolean;

/** A receiver that believes what its own rule believes. */
async function receiver(context: TestContext, judge: Judge, refusal = 401, clockOff = 0) {
  const seen: { headers: IncomingHttpHeaders; body: string }[] = [];
  const url = await serve(context, async (request, response: ServerResponse) => {
    const body = await buffer(request);
    seen.push({ headers: request.headers, body: body.toString() });
    if (clockOff !== 0) response.setHeader('date', new Date(Date.now() + clockOff * 1000).toUTCString());
    response.writeHead(judge(request.headers, body) ? 204 : refusal).end();
  });
  return { url: `${url}/hooks`, seen };
}

const standard =
  (key: Buffer | string, written: (body: Buffer) => string = String, now = () => Date.now() / 1000): Judge =>
  (headers, body) => {
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
    const digest = createHmac('sha256', key)
      .update(`${id}.${timestamp}.${written(body)}`)
      .digest('base64');
    return signature === `v1,${digest}` && Math.abs(now() - Number(timestamp)) < 300;
  };

const parsed = (body: Buffer) => JSON.parse(body.toString());
/** As Python writes it; JavaScript stands in for it where the test event has nothing that it would change otherwise. */
const python = (body: Buffer) => {
  const text = body
    .toString()
    .replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  let quoted = false;
  return [...text]
    .map((char, index) => {
      if (char === '"' && text[index - 1] !== '\\') quoted = !quoted;
      return !quoted && (char === ',' || char === ':') ? `${char} ` : char;
    })
    .join('');
};

test('a test event is delivered as the daemon delivers events', async (context) => {
  const { url, seen } = await receiver(context, (headers, body) => {
    new Webhook(SECRET).verify(body.toString(), headers as Record<string, string>);
    return true;
  });
  const { code, out, err } = await sending(context, url);
  assert.deepEqual([code, err], [0, '']);
  assert.match(
    out,
    /^POST http:\/\/127\.0\.0\.1:\d+\/hooks\n {2}pollhook\.test evt_test_\S+ \(format: standard; signed: standard\)\ndelivered: answered 204 after \d+ms\n$/,
  );
  const [{ headers, body } = { headers: {}, body: '' }] = seen;
  assert.equal(seen.length, 1);
  assert.equal(headers['pollhook-event'], 'pollhook.test');
  const event = JSON.parse(body);
  assert.deepEqual(
    [event.type, event.data.change, event.data.source],
    ['pollhook.test', 'created', 'pollhook'],
  );
});

test('--json prints data, without secrets', async (context) => {
  const url = await serve(context, (_request, response) => response.writeHead(404).end(`no ${SECRET} here`));
  const { code, out } = await sending(context, `${url}/nowhere`, [], true);
  const { event_id, duration_ms, ...report } = JSON.parse(out);
  assert.equal(code, 1);
  assert.match(event_id, /^evt_test_/);
  assert.equal(typeof duration_ms, 'number');
  assert.deepEqual(report, {
    webhook: 'agent',
    type: 'pollhook.test',
    outcome: 'failed',
    status: 404,
    error: 'answered 404 Not Found',
    answer: 'no [secret] here',
    public_keys: [],
    hints: ['the server has nothing at /nowhere: is the path of `url` complete?'],
  });
});

const mistaken: Record<string, [judge: Judge, says: RegExp, lines?: readonly string[]]> = {
  'the text of the secret': [standard(SECRET), /uses the text of the secret as its key: let it decode/],
  'the text after whsec_': [standard(SECRET.slice(6)), /uses the text after whsec_ as its key/],
  'a base64 secret without whsec_': [
    standard(KEY),
    /decodes the secret from base64: write whsec_ before it here/,
    [`secret: ${SECRET.slice(6)}`],
  ],
  'a line break at the end of its secret': [
    standard(`${PLAIN}\n`),
    /its secret has a line break at its end/,
    [`secret: "${PLAIN}"`],
  ],
  'JSON that JavaScript wrote anew': [
    standard(KEY, (body) => JSON.stringify(parsed(body))),
    /verifies the body as JSON\.stringify of JavaScript does after parsing: let it verify the raw bytes/,
  ],
  'JSON that Python wrote anew': [standard(KEY, python), /as json\.dumps of Python does after parsing/],
  'the preset github': [
    (headers, body) =>
      headers['x-hub-signature-256'] === `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    /verifies `sign: github`: write that here/,
  ],
  'another encoding': [
    (headers, body) => headers['x-sig'] === createHmac('sha256', SECRET).update(body).digest('base64'),
    /verifies X-Sig with `encoding: base64`: write that here/,
    [`secret: ${SECRET}`, 'sign: { header: X-Sig }'],
  ],
  'another prefix': [
    (headers, body) =>
      headers['x-sig'] === `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    /verifies X-Sig with `prefix: "sha256="`: write that here/,
    [`secret: ${SECRET}`, 'sign: { header: X-Sig }'],
  ],
  'another secret': [
    standard(Buffer.from(OTHER_SECRET.slice(6), 'base64')),
    /refused as well, and so is a wrong signature: the receiver has another secret, or refuses/,
  ],
};
describe('a refusal is looked into: the receiver takes', () => {
  for (const [name, [judge, says, lines]] of Object.entries(mistaken)) {
    test(name, async (context) => {
      const { url, seen } = await receiver(context, judge);
      const { code, out } = await sending(context, url, lines);
      assert.equal(code, 1);
      assert.match(out, says);
      assert.ok(seen.length < 30);
      assert.equal(new Set(seen.map(({ headers }) => headers['webhook-id'])).size, 1, 'one id for all');
      assert.equal(new Set(seen.map(({ body }) => body)).size, 1, 'one body for all');
      assert.doesNotMatch(out, /MfKQ9r8GKYq|plain passphrase/);
    });
  }

  test('the time of a clock that is wrong', async (context) => {
    const judge = standard(KEY, String, () => Date.now() / 1000 - 200 - 301);
    const { url } = await receiver(context, judge, 401, -501);
    const { out } = await sending(context, url);
    assert.match(out, /its clock is 50\d s behind ours: receivers tolerate 300 s/);
  });

  test('the time of a clock that is a little wrong, and is strict about it', async (context) => {
    const judge: Judge = (headers, body) =>
      standard(KEY)(headers, body) &&
      Math.abs(Date.now() / 1000 + 60 - Number(headers['webhook-timestamp'])) < 30;
    const { url } = await receiver(context, judge, 401, 60);
    const { out } = await sending(context, url);
    assert.match(
      out,
      /accepts the time of its own clock, which is (?:59|60|61) s ahead: correct whichever clock/,
    );
  });
});

test('a refusal that is not about the signature is told apart', async (context) => {
  const url = await serve(context, async (request, response) => {
    const genuine = standard(KEY)(request.headers, await buffer(request));
    response.writeHead(genuine ? 422 : 401).end(genuine ? 'unknown type pollhook.test' : 'bad signature');
  });
  const { out } = await sending(context, url);
  assert.match(
    out,
    /failed: answered 422 Unprocessable Entity after \d+ms\n {2}unknown type pollhook\.test\n/,
  );
  assert.match(
    out,
    /→ the signature is right: a wrong one is answered 401 Unauthorized \("bad signature"\), so the refusal is about/,
  );
});

test('a receiver that says which header it misses does not pass for one of another preset', async (context) => {
  const url = await serve(context, async (request, response) => {
    const judge = standard(Buffer.from(OTHER_SECRET.slice(6), 'base64'));
    const body = await buffer(request);
    if (!request.headers['webhook-signature']) response.writeHead(401).end('no webhook-signature');
    else response.writeHead(judge(request.headers, body) ? 204 : 401).end('no match');
  });
  assert.match((await sending(context, url)).out, /refused as well.*another secret, or refuses/);
});

test('answers that differ by themselves prove nothing', async (context) => {
  let count = 0;
  const url = await serve(context, async (request, response) => {
    await buffer(request);
    count += 1;
    response.writeHead(403).end(`denied, reference ${'abcdefghijklmnopqrstuvwxyz'[count % 26]}`);
  });
  assert.match((await sending(context, url)).out, /refused as well.*another secret, or refuses/);
});

test('a receiver that fails now and then is not suspected of more', async (context) => {
  let count = 0;
  const url = await serve(context, async (request, response) => {
    await buffer(request);
    count += 1;
    response.writeHead(count === 1 ? 500 : 204).end();
  });
  assert.match((await sending(context, url)).out, /→ the same event is accepted when it is sent again/);
});

test('--once sends once', async (context) => {
  const { url, seen } = await receiver(context, () => false);
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-send-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.yaml');
  await writeFile(
    config,
    `sources: { s: { url: "https://x.test/" } }\nwebhooks: { w: { url: "${url}", secret: ${SECRET} } }\n`,
  );
  const { io } = terminal();
  assert.equal(await send('w', { config, once: true }, io), 1);
  assert.equal(seen.length, 1);
  await assert.rejects(
    send('x', { config }, io),
    (error) => error instanceof PollhookError && error.exitCode === 2 && /there are: w$/.test(error.message),
  );
});

describe('what the reply shows is said', () => {
  const table: Record<string, [status: number, headers: Record<string, string>, body: string, says: RegExp]> =
    {
      'a slash': [
        301,
        { location: '/hooks/' },
        '',
        /write http:\/\/127\.0\.0\.1:\d+\/hooks\/ into `url` \(with \/ at its end\)/,
      ],
      https: [308, { location: 'https://127.0.0.1:PORT/hooks' }, '', /into `url` \(https:\/\/\)/],
      elsewhere: [
        302,
        { location: 'https://login.example.com/' },
        '',
        /write https:\/\/login\.example\.com\/ into/,
      ],
      nowhere: [302, {}, '', /Write the final address into `url`/],
      'a port that speaks TLS': [
        400,
        {},
        'Client sent an HTTP request to an HTTPS server.',
        /its port speaks TLS: write https:/,
      ],
      'another method': [405, {}, '', /takes no POST at \/hooks/],
      gone: [410, {}, '', /Correct `url`/],
      limited: [429, {}, '', /when the pause is over/],
    };
  for (const [name, [status, headers, body, says]] of Object.entries(table)) {
    test(name, async (context) => {
      const url = await serve(context, (request, response) => {
        const { host = '' } = request.headers;
        const filled = Object.entries(headers).map(([key, value]) => [
          key,
          value.replace('127.0.0.1:PORT', host),
        ]);
        response.writeHead(status, Object.fromEntries(filled)).end(body);
      });
      const { out } = await sending(context, `${url}/hooks`);
      assert.match(out, says);
    });
  }
});

test('a port without TLS, a certificate of its own, a port where nobody listens', async (context) => {
  const plain = await serve(context, (_request, response) => response.end());
  const tls = createTlsServer({ key: await fixture('key.pem'), cert: await fixture('cert.pem') });
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  context.after(() => tls.close());
  const { port } = tls.address() as AddressInfo;
  const outputs = await Promise.all(
    [plain.replace('http:', 'https:'), `https://127.0.0.1:${port}`, 'http://127.0.0.1:9'].map(
      async (url) => (await sending(context, url)).out,
    ),
  );
  assert.match(outputs[0] ?? '', /failed: .*does not speak TLS; perhaps it is http:\/\/ after/);
  assert.match(outputs[1] ?? '', /failed: .*self-signed after .*\n→ Check the certificate/);
  assert.match(outputs[2] ?? '', /\n→ Check host name, port/);
});

test('an address from a variable stays out of what is printed, and a disabled webhook is tried all the same', async (context) => {
  const url = await serve(context, (_request, response) => response.end());
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-send-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'config.yaml');
  await writeFile(
    config,
    'sources: { s: { url: "https://x.test/" } }\nwebhooks: { w: { url: "${URL}", sign: none, enabled: false } }\n',
  );
  const { io, printed } = terminal({ URL: url });
  assert.equal(await send('w', { config }, io), 0);
  assert.match(
    printed().out,
    /^POST \[secret\]\n.*not signed\)\ndelivered: .*\nthe webhook is disabled: the daemon holds/,
  );
});

test('a body that cannot be made of the test event is said', async (context) => {
  const { url, seen } = await receiver(context, () => true);
  const { code, out } = await sending(context, url, ['format: { body: "$sum(data.key)" }']);
  assert.equal(code, 1);
  assert.match(out, /failed: the expression in format\.body failed: .*\n→ Correct the expression/);
  assert.equal(seen.length, 0);
});

function fixture(name: string): Promise<Buffer> {
  return readFile(join(import.meta.dirname, '../fixtures/tls', name));
}

test('the public key that a receiver needs is shown', async (context) => {
  const url = await serve(context, (_request, response) => response.end());
  const { code, out } = await sending(context, url, [`secret: ${ED25519}`, 'sign: standard-ed25519']);
  assert.equal(code, 0);
  const [, key = ''] = /the public key is whpk_(\S+)/.exec(out) ?? [];
  const expected = publicKeyOf(ED25519.slice(5)).export({ format: 'der', type: 'spki' });
  assert.deepEqual(Buffer.from(key, 'base64'), expected.subarray(-32));
});

const usage: Record<string, [args: string[], says: RegExp]> = {
  'a webhook that is not there': [
    ['send', 'nobody'],
    /there is no webhook "nobody" in .*; there are: agent\n.*USAGE/,
  ],
  'no webhook': [['send'], /missing required argument 'webhook'/],
  'a way to sign that is none': [
    ['listen', '--sign', 'md5'],
    /--sign md5: write it as in the configuration: github/,
  ],
  'a way to sign that is no YAML': [['listen', '--sign', '{'], /--sign \{: write it as in the configuration/],
};
for (const [name, [args, says]] of Object.entries(usage)) {
  test(`wrong usage: ${name}`, async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'pollhook-send-'));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'config.yaml');
    await writeFile(
      file,
      'sources: { s: { url: "https://x.test/" } }\nwebhooks: { agent: { url: "https://x.test/", sign: none } }\n',
    );
    const { io, printed } = terminal({ POLLHOOK_CONFIG: file });
    assert.equal(await main(args, io), 2);
    assert.match(printed().err, says);
  });
}
