import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deliveryId, eventOf, type Made, type Origin, snapshotEvents } from '../../src/detect/events.ts';
import { parseJson } from '../../src/lib/json.ts';
import type { Change } from '../../src/model.ts';

const ORIGIN: Origin = {
  identity: 'state',
  source: 'inventory',
  sequence: 317,
  decided: Date.parse('2026-11-21T09:30:12.481Z'),
};
const CHANGE: Change = {
  change: 'updated',
  key: 'SKU-17',
  current: { sku: 'SKU-17', stock: 3 },
  previous: { sku: 'SKU-17', stock: 12 },
  fields: [{ path: '/stock', from: 12, to: 3 }],
  truncated: false,
  window: { after: Date.parse('2026-11-21T09:29:42.102Z'), by: Date.parse('2026-11-21T09:30:12.481Z') },
};

const MADE: Made = { rule: 0, type: 'inventory.updated' };

const made = (change: Partial<Change> = {}, how: Partial<Made> = {}, sequence = 318) =>
  eventOf({ ...CHANGE, ...change }, { ...MADE, ...how }, sequence, ORIGIN);

describe('the body of an event', () => {
  test('is on one line, exactly as the contract shows it', () => {
    assert.equal(
      made().body,
      '{"type":"inventory.updated","timestamp":"2026-11-21T09:30:12.481Z","data":{"source":"inventory","key":"SKU-17",' +
        '"change":"updated","sequence":318,"current":{"sku":"SKU-17","stock":3},"previous":{"sku":"SKU-17","stock":12},' +
        '"changes":[{"path":"/stock","from":12,"to":3}],' +
        '"window":{"after":"2026-11-21T09:29:42.102Z","by":"2026-11-21T09:30:12.481Z"}}}',
    );
  });

  test('keeps digits as they were written', () => {
    const current = parseJson('{"id":1,"n":12345678901234567890,"p":1.10}');
    assert.ok(made({ current }).body.includes('"current":{"id":1,"n":12345678901234567890,"p":1.10}'));
  });

  test('says when the list of changes was cut, and knows no key of a whole document', () => {
    const event = made({ key: '', truncated: true, window: { after: null, by: 1 } });
    const { data } = JSON.parse(event.body);
    assert.deepEqual([data.truncated, data.key, event.key, data.window.after], [true, null, null, null]);
  });

  test('has what a rule makes instead of the values', () => {
    const { body, type } = made({}, { type: 'inventory.low', record: parseJson('{"n":1.50}') });
    const data =
      '{"source":"inventory","key":"SKU-17","change":"updated","sequence":318,"record":{"n":1.50},"window":';
    assert.ok(body.includes(`"data":${data}`), body);
    assert.equal(type, 'inventory.low');
    assert.equal(JSON.parse(made({}, { record: null }).body).data.record, null);
  });
});

describe('the id of an event', () => {
  const { id } = made();
  const idOf = (origin: Partial<Origin>) => eventOf(CHANGE, MADE, 318, { ...ORIGIN, ...origin }).id;

  test('is the same for the same commit', () => assert.equal(made().id, id));
  test('has no dot', () => assert.match(id, /^evt_[\w-]{22}$/));

  const others: [what: string, id: string][] = [
    ['state', idOf({ identity: 'another' })],
    ['source', idOf({ source: 'orders' })],
    ['sequence', made({}, {}, 319).id],
    ['key', made({ key: 'SKU-18' }).id],
    ['rule', made({}, { rule: 1 }).id],
    ['poll, as after a restored backup', idOf({ decided: ORIGIN.decided + 1 })],
  ];
  for (const [what, another] of others)
    test(`is another one for another ${what}`, () => assert.notEqual(another, id));

  test('makes a delivery of each webhook its own', () => {
    assert.notEqual(deliveryId('evt_1', 'a'), deliveryId('evt_1', 'b'));
    assert.notEqual(deliveryId('evt_1a', 'b'), deliveryId('evt_1', 'ab'));
  });
});

test('a snapshot is sent again record by record, numbered on, digits as they were', () => {
  const events = snapshotEvents(
    [
      ['1', '{"id":1,"price":1.10}'],
      ['2', '{"id":2}'],
    ],
    ORIGIN,
    ORIGIN.decided - 1000,
  );
  assert.deepEqual(
    events.map(({ type, change, sequence, key }) => [type, change, sequence, key]),
    [
      ['inventory.snapshot', 'created', 318, '1'],
      ['inventory.snapshot', 'created', 319, '2'],
    ],
  );
  const [first] = events;
  assert.ok(first?.body.includes('"current":{"id":1,"price":1.10},"previous":null,"changes":[]'));
  const { window } = JSON.parse(first?.body ?? '').data;
  assert.deepEqual(window, { after: null, by: '2026-11-21T09:30:11.481Z' });
});
