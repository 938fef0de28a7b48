/**
 * A process that is made to be killed: opens a state, makes the calls of a script, and says of each when it is
 * acknowledged. Arguments: the state's location and the script, and what is to become of it.
 */
import { readFileSync, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { StateLocation } from '../../src/config/document.ts';
import { messageOf, PollhookError } from '../../src/errors.ts';
import type { Store } from '../../src/store/contract.ts';
import { openJsonStore } from '../../src/store/json/open.ts';
import { openStore } from '../../src/store/open.ts';
import { FakeClock } from '../fake-clock.ts';
import { retainAll } from '../store/conformance/read.ts';
import { deadlyDisk } from './deadly-disk.ts';
import type { Operation, Round } from './script.ts';
import type { Said, VictimOptions } from './victims.ts';

/** More milliseconds than anybody waits. */
const FOR_EVER = 2 ** 30;

/** At once and not through a stream: what was said before a kill is heard. */
function say(said: Said): void {
  writeSync(1, `${JSON.stringify(said)}\n`);
}

function run(store: Store, operation: Operation): Promise<unknown> {
  switch (operation.kind) {
    case 'commit':
      return store.commit(operation.commit);
    case 'claim':
      return store.claim(operation.request).then(({ deliveries }) => deliveries.map(({ id }) => id));
    case 'settle':
      return store.settle(operation.settlements, operation.webhooks);
    case 'reset':
      return store.reset(operation.source);
    case 'rename':
      return store.rename(operation.from, operation.to);
    case 'remember':
      return store.remember(operation.name, operation.value);
    case 'revive':
    case 'drop':
      return store[operation.kind](operation.ids).then((told) => [...told]);
    case 'requeue':
      return store.requeue(operation.request);
    case 'retain':
      return retainAll(store, operation.limits).then(() => undefined);
  }
}

const [place = '', script = '', fate = ''] = process.argv.slice(2);
const location: StateLocation = JSON.parse(place);
const { death, stays }: Pick<VictimOptions, 'death' | 'stays'> = JSON.parse(fate);
const rounds: readonly Round[] = JSON.parse(readFileSync(script, 'utf8'));
const clock = new FakeClock(0);
const onFatal = (error: PollhookError) => say({ fatal: error.code });
const options = { clock, owner: 'victim', onFatal };

try {
  const store =
    location.kind === 'json' && death
      ? await openJsonStore(location.folder, options, deadlyDisk(death))
      : await openStore(location, options);
  say({ opened: store.identity });
  for (const [round, { now, operations }] of rounds.entries()) {
    clock.setWall(now);
    const work = operations.map(async (operation, index) => {
      const result = await run(store, operation);
      const at = Number(process.hrtime.bigint()) / 1e9;
      say({ round, operation: index, at, ...(result !== undefined && { result }) });
    });
    await Promise.all(work);
  }
  if (stays) await wait(FOR_EVER);
  await store.close();
  say({ closed: true });
} catch (error) {
  say({ failed: error instanceof PollhookError ? error.code : messageOf(error) });
  process.exit(1);
}
