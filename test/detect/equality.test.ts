import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../../src/detect/canonical.ts';
import { differingFields } from '../../src/detect/fields.ts';
import { createLens } from '../../src/detect/lens.ts';
import { parseJson } from '../../src/lib/json.ts';
import type { Json } from '../../src/model.ts';
import { type Row, Scene, told } from './scene.ts';

/** JSON as a server may write it: `1.0`, exponents and long digits among its numbers. */
const number = fc.oneof(
  fc.integer({ min: -5, max: 5 }).map(String),
  fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }).map(String),
  fc.tuple(fc.nat(99), fc.nat(99)).map(([whole, part]) => `${whole}.${part}`),
  fc.tuple(fc.nat(9), fc.integer({ min: -30, max: 30 })).map(([digit, power]) => `${digit}e${power}`),
);
/** Without backslashes: V8 14.6 reads the name `"\""` as `"\\"` if that was the last name of an object before. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', '__proto__', 'constructor', ''),
  fc.string({ maxLength: 3 }).filter((text) => !text.includes('\\')),
);
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    number,
    fc.constantFrom('null', 'true', 'false'),
    fc.string({ maxLength: 4 }).map((text) => JSON.stringify(text)),
    fc.array(tie('json'), { maxLength: 4 }).map((parts) => `[${parts}]`),
    fc
      .uniqueArray(fc.tuple(name, tie('json')), { maxLength: 4, selector: ([one]) => one })
      .map((entries) => `{${entries.map(([one, value]) => `${JSON.stringify(one)}:${value}`)}}`),
  ),
}));

const record = fc.record({ value: json, tags: fc.array(json, { maxLength: 4 }) });
const records = fc.array(record, { minLength: 1, maxLength: 6 });

type Texts = { readonly value: string; readonly tags: readonly string[] };
const rowOf = ({ value, tags }: Texts, id: number) =>
  parseJson(`{"id":${id},"value":${value},"tags":[${tags}]}`) as Row;

/** The same with members in another order and numbers spelled otherwise; lists as they are. */
function rewritten(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(rewritten)}]`;
  if (typeof value === 'number' || JSON.isRawJSON(value)) return respelled(JSON.stringify(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([one, part]) => `${JSON.stringify(one)}:${rewritten(part as Json)}`,
  );
  return `{${members.reverse()}}`;
}

function respelled(text: string): string {
  if (/e/i.test(text)) return text.replace(/e\+?/i, 'E+').replace('E+-', 'e-0');
  return text.includes('.') ? `${text}00` : `${text}.0`;
}

test('another order and other spellings change nothing, whatever the records', async () => {
  await fc.assert(
    fc.asyncProperty(records, fc.integer(), async (all, turn) => {
      const scene = new Scene({ unordered: ['tags'] });
      await scene.poll(all.map(rowOf));
      const again = all.map((texts, id) => {
        const value = rewritten(parseJson(texts.value));
        const tags = texts.tags.map((tag) => rewritten(parseJson(tag)));
        return rowOf({ value, tags: tags.toReversed() }, id);
      });
      const cut = Math.abs(turn) % again.length;
      const look = await scene.poll([...again.slice(cut), ...again.slice(0, cut)].reverse());
      assert.deepEqual([told(look), look.differs], [[], false]);
    }),
    { numRuns: 500 },
  );
});

test('any real difference is told, of that record alone, with where it is', async () => {
  await fc.assert(
    fc.asyncProperty(records, json, fc.nat(), async (all, other, at) => {
      const place = at % all.length;
      const before = all.map(rowOf);
      const after = all.map((texts, id) => rowOf(id === place ? { ...texts, value: other } : texts, id));
      const lens = createLens({ ignore: [], unordered: [], tolerance: [] });
      const differs = canonical(before[place] as Json, lens) !== canonical(after[place] as Json, lens);
      const scene = new Scene();
      await scene.poll(before);
      const look = await scene.poll(after);
      assert.deepEqual(told(look), differs ? [`updated ${place}`] : []);
      const fields = look.changes[0]?.fields ?? [];
      assert.equal(fields.length > 0, differs);
      assert.ok(fields.every(({ path }) => path.startsWith('/value')));
    }),
    { numRuns: 500 },
  );
});

test('fields differ exactly when canonical texts do, through any lens', () => {
  const paths = fc.array(fc.constantFrom('a', 'b', 'a.b', '*.a', 'a.*', 'a.*.b', '*'), { maxLength: 2 });
  fc.assert(
    fc.property(json, json, fc.option(paths), paths, paths, (one, other, only, ignore, unordered) => {
      const lens = createLens({ only: only ?? undefined, ignore, unordered, tolerance: [] });
      const [a, b] = [parseJson(one), parseJson(other)];
      assert.equal(differingFields(a, b, lens).length > 0, canonical(a, lens) !== canonical(b, lens));
    }),
    { numRuns: 2000 },
  );
});
