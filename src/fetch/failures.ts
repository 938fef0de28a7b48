import { type Code, type Failure, failure } from '../errors.ts';
import type { Stage } from '../lib/http/exchange.ts';
import { type Trouble, troubleOf } from '../lib/http/trouble.ts';
import { formatDuration } from '../lib/units.ts';

const CODES = {
  unreachable: 'FETCH_UNREACHABLE',
  tls: 'FETCH_TLS',
  protocol: 'FETCH_PROTOCOL',
  timeout: 'FETCH_TIMEOUT',
  truncated: 'FETCH_TRUNCATED',
  broken: 'FETCH_UNREACHABLE',
  request: 'FETCH_REQUEST',
  proxy: 'FETCH_PROXY',
  egress: 'FETCH_REQUEST',
  credentials: 'FETCH_CREDENTIALS',
  limited: 'FETCH_LIMITED',
  answer: 'FETCH_STATUS',
} as const satisfies { [kind in Trouble['kind']]: Code };

/**
 * The failure of an exchange that got no answer: names host and port and the reason, never path, query or headers.
 *
 * @param timeout of the poll, in milliseconds
 */
export function brokenFailure(error: unknown, stage: Stage, host: string, timeout: number): Failure {
  const { kind, reason } = troubleOf(error, stage);
  const within = kind === 'timeout' ? ` within ${formatDuration(timeout)}` : '';
  return failure(CODES[kind], `${host}: ${reason}${within}`);
}

/** The failure of a request that had no credentials to be sent with; the reason names the server that refused them. */
export function barredFailure({ kind, reason }: Trouble, host: string): Failure {
  return failure(CODES[kind], `${host}: ${reason}`);
}
