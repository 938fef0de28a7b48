import type { Operations } from '../deliver/operations.ts';
import { type Failure, failure } from '../errors.ts';
import type { DeliveryControl } from '../server/control.ts';
import type { Intervention } from '../store/contract.ts';
import { unknown } from './answers.ts';

export function controlDeliveries({ retry, drop }: Pick<Operations, 'retry' | 'drop'>): DeliveryControl {
  return {
    retry: async (ids) => failures(await retry(ids), 'replay sends it again'),
    drop: async (ids) => failures(await drop(ids), 'there is nothing left to give up'),
  };
}

function failures(
  told: ReadonlyMap<string, Intervention>,
  instead: string,
): ReadonlyMap<string, Failure | null> {
  return new Map([...told].map(([id, what]) => [id, failureOf(id, what, instead)]));
}

function failureOf(id: string, told: Intervention, instead: string): Failure | null {
  switch (told) {
    case 'done':
      return null;
    case 'claimed':
      return failure('API_CONFLICT', `an attempt of ${id} is under way: wait for its outcome`);
    case 'settled':
      return failure('API_CONFLICT', `${id} is settled: ${instead}`);
    case 'unknown':
      return unknown('delivery', id);
  }
}
