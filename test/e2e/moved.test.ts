import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene } from './scene.ts';

const YAML = (name: string, more = '', state = './data') =>
  `
state: ${state}
sources:
  ${name}: { url: SOURCE/tickets, every: 30s, items: tickets, key: id, ${more} }
webhooks:
  agent: { url: RECEIVER/hook, secret: "\${SECRET}" }
`
    .replace('SOURCE', '"${SOURCE}')
    .replace('/tickets,', '/tickets",')
    .replace('RECEIVER/hook', '"${RECEIVER}/hook"');

for (const state of ['./data', 'sqlite:./state.db']) {
  test(`a source under a new name goes on where it stood, on ${state}`, async () => {
    await using scene = await Scene.open();
    scene.source = {
      tickets: [
        { id: 1, n: 1 },
        { id: 2, n: 1 },
      ],
    };
    await scene.start(YAML('desk', '', state));
    await scene.nextPoll(0);
    scene.source = {
      tickets: [
        { id: 1, n: 2 },
        { id: 2, n: 1 },
      ],
    };
    await scene.nextPoll(30_000);
    await scene.deliveries(1);
    await scene.stop();

    scene.source = {
      tickets: [
        { id: 1, n: 3 },
        { id: 2, n: 1 },
      ],
    };
    for (const run of [1, 2]) {
      await scene.start(YAML('helpdesk', 'moved_from: desk', state));
      if (run === 1) await scene.nextPoll(30_000);
      await scene.stop();
    }
    const [before, after, ...more] = await scene.deliveries(2);
    assert.deepEqual(more, []);
    assert.equal(before?.event.data.sequence, 1);
    assert.deepEqual(after?.event.data.previous, { id: 1, n: 2 });
    assert.equal(after?.event.data.source, 'helpdesk');
    assert.equal(after?.event.data.sequence, 2);
    assert.deepEqual(scene.lines('continues with the state of desk').length, 1);
  });
}

test('two sources that both have a state are left as they are, and that is said', async () => {
  await using scene = await Scene.open();
  await scene.start(YAML('desk'));
  await scene.nextPoll(0);
  await scene.stop();
  await scene.start(YAML('helpdesk'));
  await scene.nextPoll(0);
  await scene.stop();
  await scene.start(YAML('helpdesk', 'moved_from: desk'));
  assert.match(scene.lines('has a state of its own')[0] ?? '', /desk has one too/);
});
