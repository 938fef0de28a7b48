import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Thread } from '../../src/lib/thread.ts';
import type { Job } from './thread-program.ts';

describe('a thread', () => {
  const thread = new Thread<Job, string>(join(import.meta.dirname, 'thread-program.ts'), 24);
  const answer = { kind: 'done', result: 'to answer: 0' };

  test('does one job after the other', async () => {
    const both = await Promise.all([thread.run('answer', 10_000), thread.run('answer', 10_000)]);
    assert.deepEqual(both, [answer, answer]);
  });

  test('is ended when a job takes too long, and the next job gets another', async () => {
    const [late, next] = await Promise.all([thread.run('search for ever', 50), thread.run('answer', 10_000)]);
    assert.deepEqual(late, { kind: 'late' });
    assert.deepEqual(next, answer);
  });

  test('is ended when a job takes too much memory, and the process lives', async () => {
    assert.deepEqual(await thread.run('take all memory', 60_000), { kind: 'exhausted' });
    assert.deepEqual(await thread.run('answer', 10_000), answer);
  });

  test('passes a bug on, and the next job gets another', async () => {
    await assert.rejects(thread.run('fail', 10_000), { name: 'TypeError', message: 'a bug' });
    assert.deepEqual(await thread.run('answer', 10_000), answer);
  });
});
