import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../fake-clock.ts';
import { Scene } from './scene.ts';

const CONFIG = `
sources:
  inventory:
    url: \${SOURCE}/stock
    every: 30s
    items: items
    key: sku
    events:
      - type: inventory.low_stock
        becomes: stock < reorder_level
        data: '{ "sku": sku, "missing": reorder_level - stock, "was": $previous.stock }'
        send_to: purchasing
      - on: [created, deleted]
        send_to: audit

webhooks:
  purchasing: { url: "\${RECEIVER}/purchasing", secret: "\${SECRET}" }
  audit: { url: "\${RECEIVER}/audit", secret: "\${SECRET}" }
`;

const stock = (...levels: number[]) => ({
  items: levels.map((level, at) => ({ sku: `S${at + 1}`, stock: level, reorder_level: 10 })),
});

describe('rules', () => {
  test('tell of an edge once, over restarts and answers in doubt, each to its own webhook', async () => {
    await using scene = await Scene.open();
    scene.source = stock(12, 30, 3, 30);
    await scene.start(CONFIG);
    await until(() => scene.lines('first snapshot').length === 1);

    scene.source = stock(3, 30, 2, 30);
    await scene.nextPoll(30_000);
    const [low] = await scene.deliveries(1);
    assert.deepEqual([low?.path, low?.event.type], ['/purchasing', 'inventory.low_stock']);
    assert.deepEqual(low?.event.data.record, { sku: 'S1', missing: 7, was: 12 });
    assert.equal(low?.event.data.current, undefined);

    // Still low, before and after a restart, and an empty list in between.
    await scene.stop();
    scene.source = stock(2, 30, 1, 30);
    await scene.start(CONFIG);
    await scene.nextPoll(30_000);
    scene.source = { items: [] };
    await scene.nextPoll(30_000);
    scene.source = stock(1, 30, 1, 30);
    await scene.nextPoll(30_000);
    assert.equal(scene.received.length, 1);

    // What recovered while the daemon was down falls anew.
    scene.source = stock(40, 30, 1, 30);
    await scene.nextPoll(30_000);
    await scene.stop();
    scene.source = stock(4, 30, 1, 30, 5);
    await scene.start(CONFIG);
    await scene.nextPoll(30_000);
    const told = await scene.deliveries(4);
    assert.deepEqual(
      told
        .slice(1)
        .map(({ path, event }) => `${path} ${event.data.sequence} ${event.data.key} ${event.data.change}`)
        .sort(),
      ['/audit 3 S5 created', '/purchasing 2 S5 created', '/purchasing 4 S1 updated'],
    );
  });

  test('whose expression fails tell all the same, and say so', async () => {
    await using scene = await Scene.open();
    scene.source = stock(12);
    await scene.start(CONFIG);
    await until(() => scene.lines('first snapshot').length === 1);
    scene.source = { items: [{ sku: 'S1', stock: 'many', reorder_level: 10 }] };
    await scene.nextPoll(30_000);
    const [low] = await scene.deliveries(1);
    assert.deepEqual(low?.event.data.current, { sku: 'S1', stock: 'many', reorder_level: 10 });
    assert.equal(scene.lines(/event rule 1 \(inventory\.low_stock\): `becomes` failed once/).length, 1);
    assert.equal(scene.lines('many').length, 0);
  });
});
