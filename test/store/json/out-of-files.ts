import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimed } from '../conformance/samples.ts';
import { commitNext, openState, scratch } from './state.ts';

/** A process of its own, which may open few files: with all of them taken it asks the state for what it has to read. */

using folder = scratch();
const store = await openState(folder.path);
await commitNext(store, 'desk', ['a', 'b']);
const taken: number[] = [];
assert.throws(() => {
  for (;;) taken.push(openSync(folder.path, 'r'));
}, /EMFILE/);
const claim = claimed(store, 9e15);
await sleep(50);
for (const descriptor of taken) closeSync(descriptor);
assert.equal((await claim).length, 2);
await commitNext(store, 'desk', ['a'], '2');
await store.close();
