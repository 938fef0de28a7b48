import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDecimal } from '../../src/lib/decimal.ts';
import { parseJson } from '../../src/lib/json.ts';
import type { Reading } from '../../src/model.ts';
import { type Options, type Row, rows, Scene, told } from './scene.ts';

const confirm = (count: number): Partial<Options> => ({
  confirm: { enter: count, leave: count, when: null },
});

const tolerance = (path: string, text: string): Partial<Options> => {
  const percent = text.endsWith('%');
  const amount = parseDecimal(text.replace('%', ''));
  assert.ok(amount);
  return { tolerance: [{ path, amount, percent }] };
};

describe('a change that has to be confirmed', () => {
  const a: Row[] = [{ id: 1, v: 'a' }];
  const b: Row[] = [{ id: 1, v: 'b' }];
  const c: Row[] = [{ id: 1, v: 'c' }];

  test('is told by the poll that confirms it, in the window of the first', async () => {
    const scene = new Scene(confirm(3));
    await scene.poll(a);
    await scene.poll(a);
    const first = await scene.poll(b);
    assert.deepEqual([told(first), first.differs, first.unconfirmed['1']?.polls], [[], true, 1]);
    assert.deepEqual(told(await scene.poll(b)), []);
    const third = await scene.poll(b);
    assert.deepEqual([told(third), third.unconfirmed], [['updated 1'], {}]);
    assert.deepEqual(third.changes[0]?.window, { after: 3000, by: 4000 });
    assert.equal((await scene.poll(b)).differs, false);
  });

  test('is confirmed by answers that say that nothing changed', async () => {
    const scene = new Scene(confirm(3));
    await scene.poll(a);
    await scene.poll(b);
    await scene.poll('same');
    assert.deepEqual(told(await scene.poll('same')), ['updated 1']);
    assert.equal((await scene.poll('same')).differs, false);
  });

  test('is forgotten when it goes back', async () => {
    const scene = new Scene(confirm(2));
    await scene.poll(a);
    await scene.poll(b);
    const back = await scene.poll(a);
    assert.deepEqual([told(back), back.unconfirmed, back.differs], [[], {}, true]);
    assert.deepEqual(told(await scene.poll(b)), []);
    assert.deepEqual(told(await scene.poll(b)), ['updated 1']);
  });

  test('is told even if it never rests, with what it is now', async () => {
    const scene = new Scene(confirm(3));
    await scene.poll(a);
    await scene.poll(b);
    await scene.poll(c);
    const { changes } = await scene.poll([{ id: 1, v: 'd' }]);
    assert.deepEqual(changes[0]?.fields, [{ path: '/v', from: 'a', to: 'd' }]);
  });

  test('is not disturbed by failed polls, nor by answers in doubt', async () => {
    const scene = new Scene(confirm(2));
    await scene.poll(a);
    await scene.poll([...b, { id: 2, v: 'new' }]);
    scene.fail();
    const doubt = await scene.poll([]);
    assert.deepEqual([told(doubt), doubt.doubt !== null], [[], true]);
    assert.deepEqual(told(await scene.poll([...b, { id: 2, v: 'new' }])), ['created 2', 'updated 1']);
  });

  test('is begun anew when a record that was never told of goes away', async () => {
    const scene = new Scene(confirm(2));
    await scene.poll(rows(3));
    await scene.poll(rows(4));
    assert.deepEqual((await scene.poll(rows(3))).unconfirmed, {});
    assert.deepEqual(told(await scene.poll(rows(4))), []);
    assert.deepEqual(told(await scene.poll(rows(4))), ['created 4']);
  });

  test('and is gone before that was never missing', async () => {
    const scene = new Scene(confirm(2));
    await scene.poll(rows(3));
    await scene.poll(rows(4));
    const gone: Reading = { kind: 'some', records: [], added: [], gone: ['4'], total: 3 };
    const seen = await scene.seen(gone);
    assert.deepEqual([seen.absent, seen.unconfirmed, seen.doubt], [{}, {}, null]);
  });

  test('ends with the record', async () => {
    const scene = new Scene({
      ...confirm(5),
      deletes: { confirm: 1, guard: { count: 10, ratio: 0.1 }, allow_empty: true },
    });
    await scene.poll(a);
    await scene.poll(b);
    const gone = await scene.poll([]);
    assert.deepEqual([told(gone), gone.unconfirmed], [['deleted 1'], {}]);
    assert.deepEqual(gone.changes[0]?.previous, { id: 1, v: 'a' });
  });

  test('counts on when a part of the records is asked for and does not show it', async () => {
    const scene = new Scene(confirm(2));
    await scene.poll(a);
    await scene.seen({ kind: 'part', records: [{ key: '1', value: { id: 1, v: 'b' } }] });
    assert.deepEqual(told(await scene.seen({ kind: 'part', records: [] })), ['updated 1']);
  });

  test('is told at once when the number is lowered, and stays when it is raised', async () => {
    const scene = new Scene(confirm(2));
    await scene.poll(a);
    await scene.poll(b);
    scene.change(confirm(4));
    assert.deepEqual(told(await scene.poll('same')), []);
    scene.change(confirm(1));
    assert.deepEqual(told(await scene.poll('same')), ['updated 1']);
  });

  test('does not hold up the first snapshot', async () => {
    const scene = new Scene({ ...confirm(3), initial: 'emit' });
    assert.deepEqual(told(await scene.poll(a)), ['created 1']);
  });
});

describe('a threshold with two sides', () => {
  const options: Partial<Options> = { confirm: { enter: 3, leave: 2, when: 'state = "down"' } };
  const at = (state: string, ms = 1): Row[] => [{ id: 1, state, ms }];

  test('is entered and left after as many polls as each side asks for', async () => {
    const scene = new Scene(options);
    await scene.poll(at('up'));
    const seen = [];
    for (const state of ['down', 'down', 'down', 'down', 'up', 'up', 'up'])
      seen.push(told(await scene.poll(at(state))).length);
    assert.deepEqual(seen, [0, 0, 1, 0, 0, 1, 0]);
  });

  test('holds nothing up that does not cross it', async () => {
    const scene = new Scene(options);
    await scene.poll(at('up', 10));
    assert.deepEqual(told(await scene.poll(at('up', 11))), ['updated 1']);
    await scene.poll(at('down', 99));
    await scene.poll(at('down', 98));
    const { changes } = await scene.poll(at('down', 97));
    assert.deepEqual(changes[0]?.previous, { id: 1, state: 'up', ms: 11 });
    assert.deepEqual(told(await scene.poll(at('down', 96))), ['updated 1']);
  });

  test('is crossed by a new record that is in', async () => {
    const scene = new Scene(options);
    await scene.poll(at('up'));
    const both = [...at('up'), { id: 2, state: 'up' }, { id: 3, state: 'down' }];
    const seen = [];
    for (let poll = 0; poll < 3; poll += 1) seen.push(told(await scene.poll(both)));
    assert.deepEqual(seen, [['created 2'], [], ['created 3']]);
  });

  test('that cannot be told needs no confirmation, and says so', async () => {
    const scene = new Scene({ confirm: { enter: 3, leave: 3, when: 'ms > 5' } });
    await scene.poll(at('up'));
    const look = await scene.poll([{ id: 1, state: 'up', ms: 'many' }]);
    assert.deepEqual(told(look), ['updated 1']);
    assert.match(look.warnings[0] ?? '', /^`confirm\.when` failed once.*a text is compared with a number/);
  });
});

describe('a tolerance', () => {
  const cases: [name: string, amount: string, from: string, to: string, told: boolean][] = [
    ['a smaller step', '0.5', '10', '10.49', false],
    ['the very step', '0.5', '10', '10.5', true],
    ['a larger step down', '0.5', '10', '9.4', true],
    ['what JavaScript would round', '0.3', '0.1', '0.4', true],
    ['twenty digits, a smaller step', '10', '12345678901234567890', '12345678901234567899', false],
    ['twenty digits, the very step', '10', '12345678901234567890', '12345678901234567900', true],
    ['a percentage, a smaller step', '1%', '200', '201.99', false],
    ['a percentage, the very step', '1%', '200', '198', true],
    ['a percentage of a negative number', '1%', '-200', '-201', false],
    ['a percentage of nothing', '1%', '0', '0.0001', true],
    ['an exponent', '0.5', '1e2', '100.4', false],
    ['a text that is a number', '0.5', '"10.0"', '" +10.4 "', false],
    ['a text that is a larger number', '0.5', '"10"', '"10.5"', true],
    ['a text that is none', '0.5', '"10"', '"10 EUR"', true],
    ['a text for a number', '0.5', '10', '"10"', true],
    ['no number any more', '0.5', '10', 'null', true],
    ['a number beyond all bounds', '0.5', '1e999999', '2e999999', true],
  ];
  for (const [name, amount, from, to, changes] of cases) {
    test(`${name}: ${from} to ${to}, ${amount}`, async () => {
      const scene = new Scene(tolerance('price', amount));
      await scene.poll([{ id: 1, price: parseJson(from) }]);
      assert.equal(told(await scene.poll([{ id: 1, price: parseJson(to) }])).length, changes ? 1 : 0);
    });
  }

  test('adds small steps up from what was sent last', async () => {
    const scene = new Scene(tolerance('price', '0.5'));
    await scene.poll([{ id: 1, price: 10 }]);
    const seen: unknown[] = [];
    for (const price of [10.2, 10.4, 10.6, 10.8, 11, 11.2]) {
      const { changes } = await scene.poll([{ id: 1, price }]);
      seen.push(...changes.flatMap(({ fields }) => fields));
    }
    assert.deepEqual(seen, [
      { path: '/price', from: 10, to: 10.6 },
      { path: '/price', from: 10.6, to: 11.2 },
    ]);
  });

  test('leaves out of the changes what is within it, and what is sent is measured from', async () => {
    const scene = new Scene(tolerance('price', '0.5'));
    await scene.poll([{ id: 1, price: 10, s: 'a' }]);
    const { changes } = await scene.poll([{ id: 1, price: 10.4, s: 'b' }]);
    assert.deepEqual(changes[0]?.fields, [{ path: '/s', from: 'a', to: 'b' }]);
    assert.deepEqual(changes[0]?.current, { id: 1, price: 10.4, s: 'b' });
    assert.deepEqual(told(await scene.poll([{ id: 1, price: 10.8, s: 'b' }])), []);
    assert.deepEqual(told(await scene.poll([{ id: 1, price: 10.9, s: 'b' }])), ['updated 1']);
  });

  test('holds in lists and below names', async () => {
    const scene = new Scene(tolerance('legs.*.km', '1'));
    await scene.poll([{ id: 1, legs: [{ km: 5 }, { km: 7 }] }]);
    assert.deepEqual(told(await scene.poll([{ id: 1, legs: [{ km: 5.5 }, { km: 7.9 }] }])), []);
    assert.deepEqual(told(await scene.poll([{ id: 1, legs: [{ km: 5.5 }, { km: 8 }] }])), ['updated 1']);
  });

  test('that is changed makes a new baseline', async () => {
    const scene = new Scene(tolerance('price', '5'));
    await scene.poll([{ id: 1, price: 10 }]);
    await scene.poll([{ id: 1, price: 14 }]);
    scene.change({ tolerance: [] });
    const next = await scene.poll([{ id: 1, price: 14 }]);
    assert.deepEqual([next.basis, told(next)], ['rebaselined', []]);
  });
});
