import { parentPort } from 'node:worker_threads';

/** What a thread can be asked in the test. */
export type Job = 'answer' | 'search for ever' | 'take all memory' | 'fail';

parentPort?.on('message', (job: Job) => {
  if (job === 'search for ever') /^(?:a+)+$/.test(`${'a'.repeat(60)}!`);
  if (job === 'fail') throw new TypeError('a bug');
  const taken: number[][] = [];
  while (job === 'take all memory') taken.push(new Array(100_000).fill(1));
  parentPort?.postMessage(`to ${job}: ${taken.length}`);
});
