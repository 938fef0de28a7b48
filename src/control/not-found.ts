import { type Failure, failure } from '../errors.ts';

/** The failure that nothing has this name or id. */
export function notFound(what: 'source' | 'webhook' | 'delivery', name: string): Failure {
  return failure('API_NOT_FOUND', `there is no ${what} ${JSON.stringify(name.slice(0, 100))}`);
}
