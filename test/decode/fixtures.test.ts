import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createDecoder, type Decoded } from '../../src/decode/decode.ts';
import { isSame } from '../../src/decode/witness.ts';
import { Received } from '../../src/lib/http/received.ts';
import { parseJson } from '../../src/lib/json.ts';
import { fixture, ROOT } from './fixtures.ts';

function outcome(decoded: Decoded): unknown {
  if (decoded.kind === 'refused') return decoded.failure;
  assert.ok(decoded.reading.kind === 'all');
  return decoded.reading.records;
}

/** `expected.json` is a list of records `{key, value}`, or the failure `{code, message}`. */
describe('a fixture', () => {
  for (const name of readdirSync(ROOT)) {
    test(name, async () => {
      const expected = JSON.stringify(parseJson(readFileSync(join(ROOT, name, 'expected.json'), 'utf8')));
      const { source, body, contentType } = fixture(name);
      const decode = createDecoder(source);
      const first = await decode(body, contentType, null);
      assert.equal(JSON.stringify(outcome(first)), expected);
      if (first.kind === 'refused') return;
      assert.ok(isSame(first.witness, Received.of(Buffer.from(body)), contentType));
    });
  }
});
