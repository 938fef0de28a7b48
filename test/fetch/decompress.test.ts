import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { codings, decompress } from '../../src/fetch/decompress.ts';
import type { Fetched } from '../../src/fetch/fetch.ts';
import { bodyOf, failureOf, fetching, serve, source } from './fixtures.ts';

const TEXT = JSON.stringify({ tickets: Array.from({ length: 500 }, (_, id) => ({ id, state: 'open' })) });

const COMPRESS = {
  gzip: zlib.gzipSync,
  'x-gzip': zlib.gzipSync,
  deflate: zlib.deflateSync,
  br: zlib.brotliCompressSync,
  zstd: zlib.zstdCompressSync,
} as const;
const CODINGS = Object.keys(COMPRESS) as (keyof typeof COMPRESS)[];

/** Fetches a body that was sent with this Content-Encoding, in many small pieces. */
async function sent(
  t: TestContext,
  encoding: string | string[],
  body: Buffer,
  limit = 1_000_000,
): Promise<Fetched> {
  const origin = await serve(t, async (_, response) => {
    response.setHeader('content-encoding', encoding);
    for (let at = 0; at < body.length; at += 50) response.write(body.subarray(at, at + 50));
    response.end();
  });
  return fetching(t)(source(origin, { max_body: limit }));
}

for (const coding of CODINGS) {
  test(`coding: ${coding}`, async (t) =>
    assert.equal(bodyOf(await sent(t, coding, COMPRESS[coding](TEXT))), TEXT));

  test(`coding: half of ${coding} is never a short body`, async (t) => {
    const half = COMPRESS[coding](TEXT).subarray(0, -5);
    assert.match(failureOf(await sent(t, coding, half)), /^FETCH_ENCODING .* data ends early$/);
  });

  test(`coding: what is not ${coding}`, async (t) => {
    assert.match(failureOf(await sent(t, coding, Buffer.from(TEXT))), /^FETCH_ENCODING .* this is not /);
  });

  test(`coding: a bomb of ${coding}`, async (t) => {
    const bomb = COMPRESS[coding](Buffer.alloc(10_000_000));
    assert.match(failureOf(await sent(t, coding, bomb, 1_000_000)), /^FETCH_TOO_LARGE .* larger than 1 MB$/);
  });
}

const spellings: [name: string, encoding: string | string[], body: Buffer][] = [
  ['deflate without its header', 'deflate', zlib.deflateRawSync(TEXT)],
  [
    'several members',
    'gzip',
    Buffer.concat([zlib.gzipSync(TEXT.slice(0, 99)), zlib.gzipSync(TEXT.slice(99))]),
  ],
  ['capitals', 'GZIP', zlib.gzipSync(TEXT)],
  ['identity', 'identity', Buffer.from(TEXT)],
  ['empty', '', Buffer.from(TEXT)],
  ['one on top of another', 'gzip, br', zlib.brotliCompressSync(zlib.gzipSync(TEXT))],
  ['in two headers', ['deflate', 'gzip'], zlib.gzipSync(zlib.deflateSync(TEXT))],
];

for (const [name, encoding, body] of spellings) {
  test(`coding: ${name}`, async (t) => assert.equal(bodyOf(await sent(t, encoding, body)), TEXT));
}

test('coding: an empty body is empty whatever was declared', async (t) => {
  assert.equal(bodyOf(await sent(t, 'gzip', Buffer.alloc(0))), '');
});

test('coding: unknown', async (t) => {
  const failure = failureOf(await sent(t, 'compress', Buffer.from(TEXT)));
  assert.match(failure, /^FETCH_ENCODING .* unknown content encoding "compress"$/);
});

test('coding: too many on top of each other', async (t) => {
  assert.match(
    failureOf(await sent(t, 'gzip,gzip,gzip,gzip', Buffer.from(TEXT))),
    /^FETCH_ENCODING .* 4 codings/,
  );
});

test('coding: a zstd frame that claims more memory than the standard allows', async (t) => {
  const window = { params: { [zlib.constants.ZSTD_c_windowLog]: 27 } };
  const claims = zlib.zstdCompressSync(Buffer.from(TEXT.repeat(2000)), window);
  const result = await decompress(claims, ['zstd'], 1e9);
  assert.equal(result.kind, 'undecodable');
  assert.match(failureOf(await sent(t, 'zstd', claims)), /^FETCH_ENCODING /);
});

test('coding: the title of a compressed error page is shown', async (t) => {
  const headers = { 'content-encoding': 'gzip', 'content-type': 'text/html' };
  const origin = await serve(
    t,
    (_, response) => void response.writeHead(500, headers).end(zlib.gzipSync('<title>no disk</title>')),
  );
  assert.match(failureOf(await fetching(t)(source(origin))), /^FETCH_STATUS .*: "no disk"$/);
});

test('codings: names in the order in which they were applied', () => {
  assert.deepEqual(codings(undefined), []);
  assert.deepEqual(codings(['deflate, identity', ' Gzip']), ['deflate', 'gzip']);
});

test('decompress: gives what was compressed if it fits the limit, and is too large otherwise', async () => {
  const stack = fc.array(fc.constantFrom(...CODINGS), { maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      stack,
      fc.nat(200),
      async (bytes, names, below) => {
        let body: Buffer = Buffer.from(bytes);
        let largest = bytes.length;
        for (const [index, name] of names.entries()) {
          body = COMPRESS[name](body);
          // What comes out on the way counts as well.
          if (index < names.length - 1) largest = Math.max(largest, body.length);
        }
        const fits = await decompress(body, names, largest);
        assert.ok(fits.kind === 'body' && fits.body.bytes.equals(bytes));
        const limit = Math.max(1, bytes.length - 1 - below);
        if (names.length > 0 && limit < bytes.length) {
          assert.equal((await decompress(body, names, limit)).kind, 'too_large');
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('decompress: rubbish never throws and never gives more than the limit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...CODINGS), async (bytes, name) => {
      const result = await decompress(Buffer.from(bytes), [name], 100);
      assert.ok(result.kind !== 'body' || result.body.length <= 100);
    }),
    { numRuns: 100 },
  );
});
