import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rows, Scene, told } from './scene.ts';

describe('what is in doubt', () => {
  test('says how much is held, and some of what', async () => {
    const scene = new Scene();
    await scene.poll(rows(30));
    const { doubt } = await scene.poll(rows(10));
    assert.deepEqual(doubt, {
      missing: 20,
      of: 30,
      reason: '20 of 30 records vanished at once, more than 10 and more than 10%',
      examples: ['11', '12', '13', '14', '15'],
      wave: 3000,
      rejected: false,
    });
    assert.equal((await scene.poll(rows(10))).doubt?.wave, 3000);
  });

  test('is deleted by the next poll that misses it, once approved', async () => {
    const scene = new Scene();
    await scene.poll(rows(30));
    const { doubt } = await scene.poll(rows(10));
    scene.verdict = { answer: 'approve', wave: doubt?.wave ?? 0 };
    const next = await scene.poll([...rows(10), { id: 15, v: 1 }]);
    assert.equal(told(next).length, 19);
    assert.deepEqual([next.doubt, next.absent], [null, {}]);
    assert.ok(next.changes.every(({ window }) => window.after === 2000 && window.by === 3000));
    // The same word again says nothing about what comes later.
    assert.equal((await scene.poll(rows(10))).doubt, null);
    const later = await scene.poll(rows(2));
    assert.deepEqual([told(later), later.doubt?.rejected], [[], false]);
  });

  test('an empty list is believed once approved', async () => {
    const scene = new Scene();
    await scene.poll(rows(5));
    const { doubt } = await scene.poll([]);
    scene.verdict = { answer: 'approve', wave: doubt?.wave ?? 0 };
    const next = await scene.poll('same');
    assert.deepEqual([told(next).length, next.doubt], [5, null]);
    assert.deepEqual(told(await scene.poll(rows(1))), ['created 1']);
  });

  test('is not deleted by an answer that shows only a part', async () => {
    const scene = new Scene();
    await scene.poll(rows(30));
    const { doubt } = await scene.poll(rows(10));
    scene.verdict = { answer: 'approve', wave: doubt?.wave ?? 0 };
    assert.deepEqual(told(await scene.seen({ kind: 'part', records: [] })), []);
    assert.equal(told(await scene.poll('same')).length, 20);
  });

  test('stays held and silent once rejected, while all else goes on', async () => {
    const scene = new Scene();
    await scene.poll(rows(30));
    const { doubt } = await scene.poll(rows(10));
    scene.verdict = { answer: 'reject', wave: doubt?.wave ?? 0 };
    const next = await scene.poll([...rows(9), { id: 10, v: 2 }]);
    assert.deepEqual([told(next), next.doubt?.rejected, next.doubt?.missing], [['updated 10'], true, 20]);
    assert.equal((await scene.poll('same')).differs, false);
    const back = await scene.poll([...rows(9), { id: 10, v: 2 }, ...rows(20, 11)]);
    assert.deepEqual([told(back), back.doubt], [[], null]);
  });

  test('anew, after a rejection, is another doubt', async () => {
    const scene = new Scene();
    await scene.poll(rows(60));
    const { doubt } = await scene.poll(rows(45));
    scene.verdict = { answer: 'reject', wave: doubt?.wave ?? 0 };
    const next = await scene.poll(rows(30));
    assert.deepEqual([next.doubt?.rejected, next.doubt?.missing, next.doubt?.examples[0]], [false, 15, '31']);
    assert.notEqual(next.doubt?.wave, doubt?.wave);
  });

  test('an empty list for another comparison becomes the baseline once approved, and never once rejected', async () => {
    for (const answer of ['approve', 'reject'] as const) {
      const scene = new Scene();
      await scene.poll(rows(5));
      scene.change({ ignore: ['v'] });
      const { doubt } = await scene.poll([]);
      assert.equal((await scene.poll([])).doubt?.wave, doubt?.wave);
      scene.verdict = { answer, wave: doubt?.wave ?? 0 };
      const next = await scene.poll([]);
      assert.deepEqual(
        [next.basis, next.doubt?.rejected, told(next)],
        answer === 'approve' ? ['rebaselined', undefined, []] : ['stored', true, []],
      );
    }
  });
});

test('while deletions are in doubt, an update is dated from the poll before, and what is new from the last one without a doubt', async () => {
  const scene = new Scene();
  await scene.poll(rows(10));
  await scene.poll(rows(3));
  const { changes } = await scene.poll([{ id: 1, v: 2 }, ...rows(2, 2), { id: 99, v: 1 }]);
  assert.deepEqual(
    changes.map(({ change, window }) => [change, window]),
    [
      ['created', { after: 2000, by: 4000 }],
      ['updated', { after: 3000, by: 4000 }],
    ],
  );
});
