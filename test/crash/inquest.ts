import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { StateLocation } from '../../src/config/document.ts';
import type { Retention } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { FakeClock } from '../fake-clock.ts';
import type { Model } from '../store/conformance/model.ts';
import { retainAll } from '../store/conformance/read.ts';
import { contentsOf, contentsOfModel } from './contents.ts';
import { apply, copyOf, type Operation, type Round } from './script.ts';
import type { Said, Testimony } from './victims.ts';

/** What a victim may have left. */
interface Legacy {
  readonly model: Model;
  /** The call was under way: it goes in steps, and has to be brought to its end before anything is compared. */
  readonly unfinished: Retention | null;
}

/**
 * Opens what a victim left and compares it with what it acknowledged: that is there, and of what was under way, each
 * call wholly or not at all. Gives the model of what was found, to go on with.
 *
 * @param before what the state held when the victim began
 * @param cut when the power failed, on the victim's clock; what was acknowledged later counts as under way
 */
export async function inquest(
  location: StateLocation,
  before: Model,
  rounds: readonly Round[],
  { said, err }: Testimony,
  cut = Number.POSITIVE_INFINITY,
): Promise<Model> {
  assert.equal(err, '');
  checkSaid(said);
  const legacies = legaciesOf(before, rounds, said, cut);
  const onFatal = (error: unknown) => {
    throw error;
  };
  await using store = await openStore(location, { clock: new FakeClock(0), owner: 'inquest', onFatal });
  for (const one of said) if ('opened' in one) assert.equal(store.identity, one.opened);
  for (const { unfinished } of legacies) {
    if (!unfinished) continue;
    await retainAll(store, unfinished);
    for (const { model } of legacies) model.retain(unfinished);
  }
  const found = await contentsOf(store);
  const match = legacies.find(({ model }) => isDeepStrictEqual(found, contentsOfModel(model)));
  if (!match) assert.deepEqual(found, contentsOfModel(legacies[0]?.model ?? before));
  return match?.model ?? before;
}

/** After a failure nothing is acknowledged. */
function checkSaid(said: readonly Said[]): void {
  const fatal = said.findIndex((one) => 'fatal' in one || 'failed' in one);
  if (fatal < 0) return;
  const later = said.slice(fatal).filter((one) => 'round' in one);
  assert.deepEqual(later, [], 'acknowledged after a failure');
}

function legaciesOf(before: Model, rounds: readonly Round[], said: readonly Said[], cut: number): Legacy[] {
  const all = said.flatMap((one) => ('round' in one ? [one] : []));
  const acknowledged = Map.groupBy(all, ({ round }) => round);
  const model = copyOf(before);
  const legacies: Legacy[] = [];
  for (const [index, { now, operations }] of rounds.entries()) {
    const acks = new Map(acknowledged.get(index)?.map((ack) => [ack.operation, ack]));
    const open = operations.filter((_, place) => (acks.get(place)?.at ?? cut) >= cut);
    const base = open.length > 0 ? copyOf(model) : null;
    for (const [place, operation] of operations.entries()) {
      const result = apply(model, operation, now);
      const ack = acks.get(place);
      if (ack) assert.deepEqual(ack.result, result, `round ${index}, ${operation.kind}`);
      if (base && ack && !open.includes(operation)) apply(base, operation, now);
    }
    if (!base) continue;
    legacies.push(...subsets(open).map((done) => ended(base, done, now)));
    // The victim went on only after all of a round.
    if (acks.size < operations.length) return legacies;
  }
  return [...legacies, ended(model, [], 0)];
}

function ended(base: Model, done: readonly Operation[], now: number): Legacy {
  const model = copyOf(base);
  for (const operation of done) apply(model, operation, now);
  model.interrupt();
  const [unfinished = null] = done.flatMap((one) => (one.kind === 'retain' ? [one.limits] : []));
  return { model, unfinished };
}

/** All of them; the empty one first, the whole last. */
function subsets<T>(all: readonly T[]): T[][] {
  const numbers = Array.from({ length: 2 ** all.length }, (_, number) => number);
  return numbers.map((number) => all.filter((_, at) => (number >> at) & 1));
}
