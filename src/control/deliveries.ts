import type { Operations } from '../deliver/operations.ts';
import { type Failure, failure } from '../errors.ts';
import type { Logger } from '../lib/log.ts';
import type { DeliveryControl } from '../server/control.ts';
import type { Intervention } from '../store/contract.ts';
import { unknown } from './unknown.ts';

export function controlDeliveries(
  operations: Pick<Operations, 'retry' | 'drop'>,
  log: Logger,
): DeliveryControl {
  return {
    async retry(id) {
      const told = (await operations.retry([id])).get(id);
      if (told === 'done') log.info({ delivery: id }, 'retried by hand');
      return failed(id, told, 'replay sends it again');
    },
    drop: async (id) => failed(id, (await operations.drop([id])).get(id), 'there is nothing left to give up'),
  };
}

function failed(id: string, told: Intervention | undefined, instead: string): Failure | null {
  switch (told) {
    case 'done':
      return null;
    case 'claimed':
      return failure('API_CONFLICT', `an attempt of ${id} is under way: wait for its outcome`);
    case 'settled':
      return failure('API_CONFLICT', `${id} is settled: ${instead}`);
    default:
      return unknown('delivery', id);
  }
}
