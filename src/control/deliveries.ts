import type { Operations } from '../deliver/operations.ts';
import { type Failure, failure } from '../errors.ts';
import type { DeliveryControl } from '../server/control.ts';
import type { Intervention } from '../store/contract.ts';
import { notFound } from './not-found.ts';

/** @param onChange called with the deliveries that somebody retried or dropped */
export function controlDeliveries(
  { retry, drop }: Pick<Operations, 'retry' | 'drop'>,
  onChange: (deliveries: readonly string[]) => Promise<void>,
): DeliveryControl {
  async function settle(results: ReadonlyMap<string, Intervention>, instead: string) {
    await onChange([...results.keys()].filter((id) => results.get(id) === 'done'));
    return failures(results, instead);
  }
  return {
    retry: async (ids) => settle(await retry(ids), 'replay sends it again'),
    drop: async (ids) => settle(await drop(ids), 'there is nothing left to give up'),
  };
}

function failures(
  results: ReadonlyMap<string, Intervention>,
  instead: string,
): ReadonlyMap<string, Failure | null> {
  return new Map([...results].map(([id, what]) => [id, failureOf(id, what, instead)]));
}

function failureOf(id: string, result: Intervention, instead: string): Failure | null {
  switch (result) {
    case 'done':
      return null;
    case 'claimed':
      return failure('API_CONFLICT', `an attempt of ${id} is under way: wait for its outcome`);
    case 'settled':
      return failure('API_CONFLICT', `${id} is settled: ${instead}`);
    case 'unknown':
      return notFound('delivery', id);
  }
}
