import fc from 'fast-check';
import type { ChangeKind } from '../../../src/model.ts';
import type { BatchRequest } from '../../../src/store/contract.ts';

/**
 * One thing that happens to a store. Numbers that choose among what exists are taken modulo its size when the step
 * runs, so that every sequence of steps makes sense, shrunk ones too.
 */
export type Step =
  | {
      readonly kind: 'commit';
      readonly source: string;
      readonly late: boolean;
      readonly replace: boolean;
      readonly upserts: readonly (readonly [key: string, value: number])[];
      readonly removes: readonly string[];
      readonly events: readonly (readonly [
        key: string | null,
        webhooks: readonly string[],
        change: ChangeKind,
        type: string,
      ])[];
    }
  | {
      readonly kind: 'claim';
      readonly webhook: string;
      readonly order: 'key' | 'webhook' | 'none';
      readonly wait: number;
      readonly ahead: boolean;
      readonly limit: number;
      readonly supersede: boolean;
      readonly batch: BatchRequest | null;
    }
  | {
      readonly kind: 'settle';
      readonly which: readonly number[];
      readonly state: 'pending' | 'delivered' | 'dead';
      readonly wait: number;
      readonly webhook: string | null;
    }
  | { readonly kind: 'revive' | 'drop'; readonly which: readonly number[] }
  | {
      readonly kind: 'requeue';
      readonly webhook: string;
      readonly since: number;
      readonly until: number;
      readonly limit: number;
    }
  | { readonly kind: 'remember'; readonly name: string; readonly value: number | null }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'note'; readonly source: string; readonly polled: number }
  | { readonly kind: 'reset'; readonly source: string }
  | { readonly kind: 'retain'; readonly delivered: boolean; readonly dead: boolean; readonly all: boolean }
  | { readonly kind: 'pass'; readonly time: number }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'crash' };

const source = fc.constantFrom('desk', 'stock', '__proto__');
const key = fc.constantFrom('', 'a', 'b', 'c|d', '__proto__', 'é\n\u0000', '\ud800');
const webhook = fc.constantFrom('hook', 'agent', 'constructor');
/** A body has some 90 characters. */
const length = fc.constantFrom(0, 200, 1e6);
const wait = fc.constantFrom(0, 0, 5, 100, 3000);
const change = fc.constantFrom('updated', 'updated', 'updated', 'created', 'deleted' as const);
const type = fc.constantFrom('told', 'told', 'other');
const which = fc.array(fc.nat(20), { minLength: 1, maxLength: 4 });
const state = fc.constantFrom('pending', 'delivered', 'delivered', 'dead' as const);

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      source,
      late: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      replace: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
      upserts: fc.uniqueArray(fc.tuple(key, fc.nat(9)), { maxLength: 5, selector: ([name]) => name }),
      removes: fc.uniqueArray(key, { maxLength: 3 }),
      events: fc.array(fc.tuple(fc.oneof(key, fc.constant(null)), fc.uniqueArray(webhook), change, type), {
        maxLength: 4,
      }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      webhook,
      order: fc.constantFrom('key', 'key', 'webhook', 'none' as const),
      wait,
      ahead: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      limit: fc.integer({ min: 1, max: 6 }),
      supersede: fc.boolean(),
      batch: fc.option(fc.record({ max: fc.integer({ min: 1, max: 4 }), length, wait }), { freq: 2 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      which: fc.array(fc.nat(20), { maxLength: 5 }),
      state,
      wait,
      webhook: fc.option(webhook),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('revive', 'drop' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('requeue' as const),
      webhook,
      since: wait,
      until: wait,
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('remember' as const),
      name: fc.constantFrom('pause:hook', 'a', '__proto__', '\ud800\u0000'),
      value: fc.option(fc.nat(9)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename' as const), from: source, to: source }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('note' as const), source, polled: fc.nat(1e6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), source }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('retain' as const),
      delivered: fc.boolean(),
      dead: fc.boolean(),
      all: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), time: wait }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const) }) },
);
