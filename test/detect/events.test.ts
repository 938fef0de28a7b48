import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deliveryId, eventsOf, type Origin } from '../../src/detect/events.ts';
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

const idOf = (origin: Partial<Origin>, change: Partial<Change> = {}) =>
  eventsOf([{ ...CHANGE, ...change }], { ...ORIGIN, ...origin })[0]?.id;

describe('the body of an event', () => {
  test('is on one line, exactly as the contract shows it', () => {
    const [event] = eventsOf([CHANGE], ORIGIN);
    assert.equal(
      event?.body,
      '{"type":"inventory.updated","timestamp":"2026-11-21T09:30:12.481Z","data":{"source":"inventory","key":"SKU-17",' +
        '"change":"updated","sequence":318,"current":{"sku":"SKU-17","stock":3},"previous":{"sku":"SKU-17","stock":12},' +
        '"changes":[{"path":"/stock","from":12,"to":3}],' +
        '"window":{"after":"2026-11-21T09:29:42.102Z","by":"2026-11-21T09:30:12.481Z"}}}',
    );
  });

  test('keeps digits as they were written', () => {
    const current = parseJson('{"id":1,"n":12345678901234567890,"p":1.10}');
    const [event] = eventsOf([{ ...CHANGE, current }], ORIGIN);
    assert.ok(event?.body.includes('"current":{"id":1,"n":12345678901234567890,"p":1.10}'));
  });

  test('says when the list of changes was cut, and knows no key of a whole document', () => {
    const [event] = eventsOf(
      [{ ...CHANGE, key: '', truncated: true, window: { after: null, by: 1 } }],
      ORIGIN,
    );
    const { data } = JSON.parse(event?.body ?? '');
    assert.deepEqual([data.truncated, data.key, event?.key, data.window.after], [true, null, null, null]);
  });
});

describe('the id of an event', () => {
  test('is the same for the same commit', () => assert.equal(idOf({}), idOf({})));
  test('has no dot', () => assert.match(idOf({}) ?? '', /^evt_[\w-]{22}$/));

  const others: [what: string, origin: Partial<Origin>, change?: Partial<Change>][] = [
    ['state', { identity: 'another' }],
    ['source', { source: 'orders' }],
    ['sequence', { sequence: 318 }],
    ['key', {}, { key: 'SKU-18' }],
    ['poll, as after a restored backup', { decided: ORIGIN.decided + 1 }],
  ];
  for (const [what, origin, change] of others) {
    test(`is another one for another ${what}`, () => assert.notEqual(idOf(origin, change), idOf({})));
  }

  test('makes a delivery of each webhook its own', () => {
    assert.notEqual(deliveryId('evt_1', 'a'), deliveryId('evt_1', 'b'));
    assert.notEqual(deliveryId('evt_1a', 'b'), deliveryId('evt_1', 'ab'));
  });
});
