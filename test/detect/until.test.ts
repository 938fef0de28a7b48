import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Options, rows, Scene, told } from './scene.ts';

const JOB: Partial<Options> = {
  items: undefined,
  key: undefined,
  until: 'status = "completed" or status = "failed"',
};

describe('a job', () => {
  test('is told of once more when it is over, and then has finished', async () => {
    const scene = new Scene(JOB);
    await scene.document({ status: 'running' });
    assert.equal(scene.finished, false);
    const last = await scene.document({ status: 'completed', result: 42 });
    assert.deepEqual([told(last), scene.finished], [['updated '], true]);
    assert.equal(last.ending?.finished, 3000);
  });

  test('that is over when it is first seen is told of', async () => {
    const scene = new Scene(JOB);
    assert.deepEqual(told(await scene.document({ status: 'failed' })), ['created ']);
    assert.equal(scene.finished, true);
  });

  test('is not over before its end is confirmed', async () => {
    const scene = new Scene({ ...JOB, confirm: { enter: 3, leave: 3, when: null } });
    await scene.document({ status: 'running' });
    await scene.document({ status: 'failed' });
    assert.equal(scene.finished, false);
    await scene.poll('same');
    assert.equal(scene.finished, false);
    assert.deepEqual([told(await scene.poll('same')), scene.finished], [['updated '], true]);
  });

  test('that goes on after all has not finished', async () => {
    const scene = new Scene({ ...JOB, confirm: { enter: 2, leave: 2, when: null } });
    await scene.document({ status: 'running' });
    await scene.document({ status: 'failed' });
    await scene.document({ status: 'running' });
    assert.deepEqual([scene.finished, scene.state?.ending], [false, undefined]);
  });

  test('has finished also when nothing that is compared changed', async () => {
    const scene = new Scene({ ...JOB, only: ['result'] });
    await scene.document({ status: 'running', result: 1 });
    const last = await scene.document({ status: 'completed', result: 1 });
    assert.deepEqual([told(last), last.differs, scene.finished], [[], true, true]);
    assert.equal((await scene.document({ status: 'completed', result: 1 })).differs, false);
    assert.equal((await scene.poll('same')).differs, false);
    assert.equal(scene.finished, true);
  });

  test('begins anew with another url, another expression, or none', async () => {
    const scene = new Scene(JOB);
    await scene.document({ status: 'completed' });
    for (const other of [{ url: 'https://x.test/2' }, { until: 'status = "closed"' }, { until: undefined }]) {
      scene.change({ ...JOB, url: 'https://x.test/', ...other });
      assert.equal(scene.finished, false);
    }
    const next = await scene.document({ status: 'completed' });
    assert.deepEqual([next.ending, next.differs], [null, true]);
  });

  test('whose expression fails goes on, and says so', async () => {
    const scene = new Scene({ ...JOB, until: 'progress > 99' });
    await scene.document({ progress: 5 });
    const look = await scene.document({ progress: 'all' });
    assert.match(look.warnings[0] ?? '', /^`until` failed, and the source goes on: a text is compared/);
    assert.equal(scene.finished, false);
  });
});

describe('a list', () => {
  test('is asked about as a document and as records', async () => {
    for (const until of ['$count(items[v != 1]) = 0', '$count($records[v != 1]) = 0']) {
      const scene = new Scene({ until });
      await scene.poll([...rows(2), { id: 3, v: 0 }]);
      assert.equal(scene.finished, false);
      assert.deepEqual([told(await scene.poll(rows(3))), scene.finished], [['updated 3'], true]);
    }
  });

  test('has not finished while a deletion waits to be confirmed, or is in doubt', async () => {
    const scene = new Scene({ until: '$count(items) < 3' });
    await scene.poll(rows(3));
    await scene.poll(rows(2));
    assert.equal(scene.finished, false);
    assert.deepEqual([told(await scene.poll(rows(2))), scene.finished], [['deleted 3'], true]);
    const doubted = new Scene({ until: '$count(items) < 3' });
    await doubted.poll(rows(9));
    for (let poll = 0; poll < 4; poll += 1) await doubted.poll(rows(1));
    assert.equal(doubted.finished, false);
  });

  test('is read as a whole', async () => {
    const scene = new Scene({ until: '$count(items) = 0' });
    await scene.poll(rows(3));
    const part = { kind: 'some', records: [], added: [], gone: ['3'], total: 2 } as const;
    assert.equal((await scene.look(part)).kind, 'unsure');
  });
});
