import type { JsonObject, WebhookState } from '../../src/model.ts';
import type {
  ClaimRequest,
  Commit,
  RequeueRequest,
  Retention,
  Settlement,
} from '../../src/store/contract.ts';
import { Model } from '../store/conformance/model.ts';
import { attempt, event, note, owed, progress, record, webhook } from '../store/conformance/samples.ts';
import type { Chance } from './chance.ts';

/** One call of the store, as data. */
export type Operation =
  | { readonly kind: 'commit'; readonly commit: Commit }
  | { readonly kind: 'claim'; readonly request: ClaimRequest }
  | {
      readonly kind: 'settle';
      readonly settlements: readonly Settlement[];
      readonly webhooks: readonly WebhookState[];
    }
  | { readonly kind: 'reset'; readonly source: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remember'; readonly name: string; readonly value: JsonObject | null }
  | { readonly kind: 'revive' | 'drop'; readonly ids: readonly string[] }
  | { readonly kind: 'requeue'; readonly request: RequeueRequest }
  | { readonly kind: 'retain'; readonly limits: Retention };

/** Calls that are made at once. Their order does not matter for what they leave: that is what they are chosen by. */
export interface Round {
  /** What the clock shows meanwhile, Unix milliseconds. */
  readonly now: number;
  readonly operations: readonly Operation[];
}

const SOURCES = ['desk', 'Stock'];
/** One of these has no snapshot of its own at first. */
const NAMES = [...SOURCES, 'Shelf'];
const WEBHOOKS = ['agent', 'audit'] as const;
const KEYS = ['a', 'b', 'c', 'd|e', 'é\n'];
const EVER = 9e15;
/** A few of these are more than a journal may hold before it is compacted. */
const LONG = 'x'.repeat(300_000);

export function copyOf(model: Model): Model {
  return Object.assign(new Model(), structuredClone({ ...model }));
}

/** What the operation does to the model. */
export function apply(model: Model, operation: Operation, now: number): unknown {
  switch (operation.kind) {
    case 'commit':
      return model.commit(operation.commit, now);
    case 'claim':
      return model.claim(operation.request).deliveries.map(({ id }) => id);
    case 'settle':
      return model.settle(operation.settlements, operation.webhooks, now);
    case 'reset':
      return model.reset(operation.source);
    case 'rename':
      return model.rename(operation.from, operation.to);
    case 'remember':
      return model.remember(operation.name, operation.value);
    case 'revive':
    case 'drop':
      return [...model[operation.kind](operation.ids, now)];
    case 'requeue':
      return model.requeue(operation.request, now);
    case 'retain':
      return model.retain(operation.limits);
  }
}

/** Rounds that make sense one after another, beginning at what the model holds. */
export function writeScript(model: Model, chance: Chance, length: number, start: number): Round[] {
  const state = copyOf(model);
  return Array.from({ length }, (_, index) => {
    const now = start + 10 * (index + 1);
    const operations = choose(state, chance, now);
    for (const operation of operations) apply(state, operation, now);
    return { now, operations };
  });
}

function choose(model: Model, chance: Chance, now: number): Operation[] {
  const kind = chance.below(100);
  if (kind < 45) return [commit(model, chance, now), ...settle(model, chance, now, 1)];
  if (kind < 70) return [claim(chance, now)];
  if (kind < 85) return settle(model, chance, now, 2);
  if (kind < 91) return [intervene(model, chance, now)];
  if (kind < 93) {
    const value = chance.pick([null, { at: now }]);
    return [{ kind: 'remember', name: chance.pick(['a', 'b']), value }];
  }
  if (kind < 94) return [{ kind: 'reset', source: chance.pick(NAMES) }];
  if (kind < 96) return [{ kind: 'rename', from: chance.pick(NAMES), to: chance.pick(NAMES) }];
  const limits = { now, delivered: 0, dead: chance.pick([0, EVER]), maxEvents: chance.pick([0, EVER]) };
  return [{ kind: 'retain', limits }];
}

function commit(model: Model, chance: Chance, now: number): Operation {
  const name = chance.pick(SOURCES);
  const { version, sequence, progress: stored } = model.source(name);
  const keys = KEYS.filter(() => chance.below(2) === 0);
  const removes = KEYS.filter((key) => !keys.includes(key) && chance.below(4) === 0);
  const events = [...keys, ...removes].map((key, index) => event(name, sequence + index + 1, key));
  return {
    kind: 'commit',
    commit: {
      source: name,
      expected: stored ? version : 0,
      difference: {
        replace: stored === null || chance.below(8) === 0,
        upserts: keys.map((key) => record(key, `{"n":${now}.0,"fill":"${'y'.repeat(chance.below(2000))}"}`)),
        removes,
      },
      progress: progress(now),
      events,
      deliveries: owed(events, ...WEBHOOKS),
      note: note(now),
    },
  };
}

function claim(chance: Chance, now: number): Operation {
  const [first, second] = WEBHOOKS;
  const limit = 1 + chance.below(6);
  if (chance.below(2) === 0) {
    const batch = { max: 4, length: 1000, wait: 0 };
    return { kind: 'claim', request: { webhook: first, order: 'key', now, limit, batch } };
  }
  return { kind: 'claim', request: { webhook: second, order: 'key', now, limit, supersede: true } };
}

function intervene(model: Model, chance: Chance, now: number): Operation {
  const kind = chance.pick(['revive', 'drop', 'requeue'] as const);
  if (kind === 'requeue') {
    return { kind, request: { webhook: chance.pick(WEBHOOKS), since: now - 100, until: now, limit: 4 } };
  }
  const ids = model.deliveries.filter(() => chance.below(20) === 0).map(({ shown }) => shown.id);
  return { kind, ids };
}

/** What is claimed, divided among so many callers. */
function settle(model: Model, chance: Chance, now: number, callers: number): Operation[] {
  const claimed = model.deliveries.filter((one) => one.claimed && chance.below(4) > 0);
  const shares = Map.groupBy(claimed, () => chance.below(callers));
  return [...shares.values()].map((share, index) => ({
    kind: 'settle',
    settlements: share.map(({ shown }) => settlement(shown.id, chance, now)),
    webhooks: index === 0 && chance.below(3) === 0 ? [webhook(chance.pick(WEBHOOKS), chance.below(9))] : [],
  }));
}

function settlement(delivery: string, chance: Chance, now: number): Settlement {
  const state = chance.pick(['delivered', 'delivered', 'delivered', 'pending', 'dead'] as const);
  const made = attempt(state === 'delivered' ? 'delivered' : 'failed', now);
  const answer = chance.below(12) === 0 ? LONG : made.answer;
  return { delivery, attempt: { ...made, answer }, state, steps: chance.below(5), nextAttempt: now + 15 };
}
