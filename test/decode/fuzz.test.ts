import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { createDecoder } from '../../src/decode/decode.ts';
import { isSame } from '../../src/decode/witness.ts';
import { Received } from '../../src/lib/http/received.ts';
import { fixture, ROOT } from './fixtures.ts';

/** `FUZZ_ANSWERS=1000000 FUZZ_SEED=7 node --test test/decode/fuzz.test.ts` goes on for longer, from another seed. */
const ANSWERS = Number(process.env.FUZZ_ANSWERS ?? 2500);
/** From seed 1 the first second meets a page of nested formatting, which is given up only after its 10 s. */
const SEED = Number(process.env.FUZZ_SEED ?? 2);

/** What an answer may take. Reading is stopped after 10 s; the machine may be busy besides. */
const LONGEST = 30_000;
/** Bytes of heap that may be kept when all is over. */
const MOST_KEPT = 100e6;

const CHARSETS = [
  'utf-8',
  'iso-8859-1',
  'windows-1251',
  'shift_jis',
  'gb18030',
  'iso-2022-jp',
  'utf-16le',
  'cp437',
  'cp850',
  'macroman',
  'utf-32',
  'x',
];
const TYPES = [
  'application/json',
  'application/x-ndjson',
  'text/csv',
  'text/xml',
  'text/html',
  'text/plain',
  '',
];
const PIECES = [
  '<',
  '>',
  '</',
  '/>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '<!DOCTYPE a [',
  '&#x',
  '&lt;',
  '"',
  "'",
  ',',
  ';',
  '\n',
  '\r',
  '{',
  '}',
  '[',
  ']',
  ':',
  '\\',
  '__proto__',
  '\0',
  '\ufeff',
  '1e999999',
  '-',
  'é',
  '\ud800',
  '<table>',
  '<b><p>',
];

/** Numbers below `bound`, the same for the same seed (mulberry32). */
function chance(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

test('random and damaged answers never crash, hang or grow', async (context) => {
  // A pattern that takes for ever is a test of its own.
  const fixtures = readdirSync(ROOT)
    .filter((name) => name !== 'text-slow-pattern')
    .map(fixture);
  const below = chance(SEED);
  const one = <T>(list: readonly T[]) => list[below(list.length)] as T;
  const counts = new Map<string, number>();
  const heap = process.memoryUsage().heapUsed;
  let slowest = 0;
  for (let answer = 0; answer < ANSWERS; answer += 1) {
    const { source, contentType, body: original } = one(fixtures);
    const charset = below(8) === 0 ? `; charset=${one(CHARSETS)}` : '';
    const type = below(3) === 0 ? `${one(TYPES)}${charset}` : contentType;
    const body = below(20) === 0 ? noise(below, below(2000)) : damaged(original, below, one);
    const decode = createDecoder(source);
    const began = performance.now();
    const decoded = await decode(body, type, null);
    slowest = Math.max(slowest, performance.now() - began);
    const outcome = decoded.kind === 'refused' ? decoded.failure.code : 'read';
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    if (decoded.kind === 'refused') {
      assert.ok(decoded.failure.message.length < 1000, decoded.failure.message);
    } else {
      assert.ok(isSame(decoded.witness, Received.of(Buffer.from(body)), type));
      assert.doesNotThrow(() => JSON.stringify(decoded.reading));
    }
    assert.equal(Object.keys(Object.prototype).length, 0, 'the prototype of all objects was changed');
  }
  globalThis.gc?.();
  const kept = process.memoryUsage().heapUsed - heap;
  const parts = [...counts].sort().map(([outcome, count]) => `${outcome} ${count}`);
  context.diagnostic(
    `seed ${SEED}: ${ANSWERS} answers: ${parts.join(', ')}; slowest ${Math.round(slowest)} ms; ${Math.round(kept / 1e6)} MB kept`,
  );
  assert.ok((counts.get('read') ?? 0) > ANSWERS / 20);
  assert.ok(slowest < LONGEST, `${slowest} ms`);
  assert.ok(!globalThis.gc || kept < MOST_KEPT, `${kept} bytes`);
});

function noise(below: (bound: number) => number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => below(256)));
}

/** One to five times: cut, repeated, overwritten, or with a piece put in. */
function damaged(
  original: Buffer,
  below: (bound: number) => number,
  one: <T>(list: readonly T[]) => T,
): Buffer {
  let body = original;
  for (let times = 1 + below(5); times > 0; times -= 1) {
    const at = below(body.length + 1);
    const [before, after] = [body.subarray(0, at), body.subarray(at)];
    const part = after.subarray(0, below(200));
    const repeated = Buffer.concat(new Array<Buffer>(below(10) === 0 ? below(2000) : below(4)).fill(part));
    const piece = Buffer.from(one(PIECES));
    const put = Buffer.concat(new Array<Buffer>(below(10) === 0 ? below(3000) : 1).fill(piece));
    body = one([
      () => before,
      () => after,
      () => Buffer.concat([before, repeated, after]),
      () => Buffer.concat([before, put, after]),
      () => Buffer.concat([before, piece, after.subarray(below(20))]),
      () => Buffer.concat([before, Buffer.from([below(below(4) === 0 ? 256 : 128)]), after.subarray(1)]),
    ])();
  }
  return body;
}
