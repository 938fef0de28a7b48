import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventRule } from '../../src/config/events.ts';
import { differingFields } from '../../src/detect/fields.ts';
import { createLens, type LensOptions } from '../../src/detect/lens.ts';
import { createRules } from '../../src/detect/rules.ts';
import { parseJson } from '../../src/lib/json.ts';
import type { Change, Json } from '../../src/model.ts';

const RULE: EventRule = {
  type: null,
  on: ['created', 'updated', 'deleted'],
  changed: null,
  when: null,
  becomes: null,
  data: null,
  send_to: ['w'],
};
const LENS: LensOptions = { ignore: [], unordered: [], tolerance: [] };
const WINDOW = { after: 1, by: 2 };

/** A change from one JSON text to another; null: there is no such record. */
function change(from: string | null, to: string | null, lens = LENS): Change {
  const [previous, current] = [from, to].map((text) => (text === null ? null : parseJson(text))) as Json[];
  const kind = from === null ? 'created' : to === null ? 'deleted' : 'updated';
  const fields =
    kind === 'updated' ? differingFields(previous as Json, current as Json, createLens(lens)) : [];
  return {
    change: kind,
    key: 'k',
    current: current as Json,
    previous: previous as Json,
    fields,
    truncated: false,
    window: WINDOW,
  };
}

async function told(rules: readonly Partial<EventRule>[], changes: readonly Change[], lens = LENS) {
  let now = 0;
  const clock = { monotonic: () => now };
  const events = rules.map((rule) => ({ ...RULE, ...rule }));
  const made = await createRules({ ...lens, events }, clock)(changes, {
    identity: 'i',
    source: 's',
    sequence: 10,
    decided: 3,
  });
  now += 1;
  return made;
}

const types = async (rule: Partial<EventRule>, one: Change, lens = LENS) =>
  (await told([rule], [one], lens)).events.map(({ type }) => type);

describe('which changes a rule wants', () => {
  const low = { becomes: 'stock < reorder_level' };
  const stock = (stock: number) => `{"stock":${stock},"reorder_level":10}`;
  const cases: [
    name: string,
    rule: Partial<EventRule>,
    from: string | null,
    to: string | null,
    yes: boolean,
  ][] = [
    ['anything, without conditions', {}, '{"a":1}', '{"a":2}', true],
    ['not another kind', { on: ['created', 'deleted'] }, '{"a":1}', '{"a":2}', false],
    ['its kind', { on: ['deleted'] }, '{"a":1}', null, true],
    ['when true', { when: 'a = 2' }, '{"a":1}', '{"a":2}', true],
    ['when false', { when: 'a = 1' }, '{"a":1}', '{"a":2}', false],
    ['when true of what was deleted', { when: 'a = 1' }, '{"a":1}', null, true],
    ['when true of what was before', { when: '$previous.a = 1 and a = 2' }, '{"a":1}', '{"a":2}', true],
    ['when true of the kind', { when: '$change = "created"' }, null, '{}', true],
    ['when true of key and source', { when: '$key = "k" and $source = "s"' }, null, '{}', true],
    ['when true of the changes', { when: '$changes[path = "/a"].to = 2' }, '{"a":1}', '{"a":2}', true],
    ['a changed path', { changed: ['a'] }, '{"a":1}', '{"a":2}', true],
    ['no other changed path', { changed: ['a'] }, '{"b":1}', '{"b":2}', false],
    ['what changed below a path', { changed: ['a'] }, '{"a":{"b":1}}', '{"a":{"b":2}}', true],
    ['what changed above a path', { changed: ['a.b'] }, '{"a":{"b":1}}', '{"a":null}', true],
    ['what changed beside a path', { changed: ['a.b'] }, '{"a":{"b":1,"c":1}}', '{"a":{"b":1,"c":2}}', false],
    ['a path in a list', { changed: ['l.*.n'] }, '{"l":[{"n":1,"m":1}]}', '{"l":[{"n":2,"m":1}]}', true],
    ['no changed path of what is created', { changed: ['a'] }, null, '{"a":1}', false],
    ['an edge', low, stock(12), stock(3), true],
    ['no edge while it stays true', low, stock(3), stock(2), false],
    ['no edge back', low, stock(3), stock(12), false],
    ['an edge of what was not known', low, '{"stock":3}', stock(3), true],
    ['an edge of what is created', low, null, stock(3), true],
    ['no edge of what is created above', low, null, stock(30), false],
    ['no edge of what is deleted', low, stock(3), null, false],
    [
      'all that is given must hold',
      { ...low, when: 'sku != "x"' },
      '{"sku":"x","stock":12,"reorder_level":10}',
      '{"sku":"x","stock":2,"reorder_level":10}',
      false,
    ],
  ];
  for (const [name, rule, from, to, yes] of cases) {
    test(name, async () => assert.equal((await types(rule, change(from, to))).length, yes ? 1 : 0));
  }

  test('a path that the source does not compare never changes', async () => {
    for (const lens of [
      { ...LENS, only: ['a'] },
      { ...LENS, ignore: ['b'] },
    ]) {
      const both = change('{"a":1,"b":1}', '{"a":2,"b":2}', lens);
      assert.deepEqual(await types({ changed: ['b'] }, both, lens), []);
      assert.deepEqual(await types({ changed: ['a', 'b'] }, both, lens), ['s.updated']);
    }
  });

  test('a path changes also beyond what an event lists', async () => {
    const long = (last: number) =>
      `{${Array.from({ length: 300 }, (_, at) => `"m${at}":${last}`)},"z":${last}}`;
    assert.deepEqual(await types({ changed: ['z'] }, change(long(1), long(2))), ['s.updated']);
  });
});

describe('several rules', () => {
  test('each make an event, numbered without gaps, for their own webhooks', async () => {
    const { events, deliveries } = await told(
      [{ send_to: ['a', 'b'] }, { type: 't', on: ['updated'], send_to: ['c'] }, { when: 'false' }],
      [change(null, '{"n":1}'), change('{"n":1}', '{"n":2}'), change('{"n":1}', null)],
    );
    assert.deepEqual(
      events.map(({ sequence, type }) => `${sequence} ${type}`),
      ['11 s.created', '12 s.updated', '13 t', '14 s.deleted'],
    );
    assert.equal(new Set(events.map(({ id }) => id)).size, 4);
    const named = new Map(events.map(({ id, sequence }) => [id, sequence]));
    assert.deepEqual(
      deliveries.map(({ event, webhook }) => `${named.get(event)} ${webhook}`),
      ['11 a', '11 b', '12 a', '12 b', '13 c', '14 a', '14 b'],
    );
  });

  test('make the same ids again', async () => {
    const one = () => told([{}, { type: 't' }], [change(null, '{"n":1}')]);
    assert.deepEqual(await one(), await one());
  });
});

describe('data', () => {
  const data = (body: string | undefined) => JSON.parse(body ?? '{}').data;

  test('replaces the values by what it makes, digits as they were', async () => {
    const rule = { data: '{ "id": id, "was": $previous.status, "kind": $change }' };
    const { events } = await told(
      [rule],
      [change('{"id":12345678901234567890,"status":"a"}', '{"id":12345678901234567890,"status":"b"}')],
    );
    assert.ok(
      events[0]?.body.includes('"record":{"id":12345678901234567890,"was":"a","kind":"updated"}'),
      events[0]?.body,
    );
    const { current, previous, changes } = data(events[0]?.body);
    assert.deepEqual([current, previous, changes], [undefined, undefined, undefined]);
  });

  test('that makes nothing is null', async () => {
    const { events } = await told([{ data: 'missing' }], [change(null, '{}')]);
    assert.equal(data(events[0]?.body).record, null);
  });
});

describe('an expression that fails', () => {
  const cases: [part: 'when' | 'becomes' | 'data', expression: string, from: string, to: string][] = [
    ['when', 'stock < 3', '{"stock":"12"}', '{"stock":"13"}'],
    ['becomes', 'stock < 3', '{"stock":1}', '{"stock":"13"}'],
    ['becomes', 'stock < 3', '{"stock":"13"}', '{"stock":1}'],
    ['data', '{ "n": stock + 1 }', '{"stock":"12"}', '{"stock":"13"}'],
  ];
  for (const [part, expression, from, to] of cases) {
    test(`${part} from ${from} to ${to}: goes out whole, with a warning`, async () => {
      const one = change(from, to);
      const { events, warnings } = await told([{}, { [part]: expression, type: 't.low' }], [one, one]);
      assert.equal(events.length, 4);
      assert.deepEqual(JSON.parse(events[1]?.body ?? '').data.current, JSON.parse(to));
      assert.equal(warnings.length, 1);
      assert.match(
        warnings[0] ?? '',
        new RegExp(
          `^event rule 2 \\(t\\.low\\): \`${part}\` failed 2 times, .* sent all the same: .*at character`,
        ),
      );
      assert.doesNotMatch(warnings[0] ?? '', /1[23]/);
    });
  }

  test('and all that take too long together do not hold up a poll', async () => {
    let now = 0;
    const clock = { monotonic: () => (now += 1_000) };
    const rules = createRules({ ...LENS, events: [{ ...RULE, when: 'false' }] }, clock);
    const changes = Array.from({ length: 5 }, () => change(null, '{}'));
    const { events, warnings } = await rules(changes, {
      identity: 'i',
      source: 's',
      sequence: 0,
      decided: 1,
    });
    assert.equal(events.length, 2);
    assert.match(warnings[0] ?? '', /failed 2 times.*expressions took more than 10 s/);
  });
});
