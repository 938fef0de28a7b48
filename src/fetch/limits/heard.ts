import type { BudgetConfig } from '../../config/document.ts';
import type { Exchange } from '../../lib/http/exchange.ts';
import { troubleOf } from '../../lib/http/trouble.ts';
import type { Answered } from '../../model.ts';
import { codings, decompress } from '../decompress.ts';
import { isLimited, pauseOf } from './limited.ts';
import { type Limits, limitsOf, NO_LIMITS } from './limits.ts';
import { type Reading, readLimits } from './read.ts';

/** What a gateway answers that did not reach the server, or got nothing from it. */
const GATEWAY = new Set([502, 503, 504]);

/** Troubles of a host rather than of one request. */
const SILENCE = new Set(['unreachable', 'tls', 'protocol', 'timeout', 'broken']);

const UNLIMITED = { kind: 'answer', limited: false, retryAfter: null } as const;

/** So much of a refusal is read to find out why. */
const EXCERPT = 65_536;

/** What an exchange means for the requests after it, and how each header was read that says so. */
export interface Heard {
  readonly answered: Answered;
  readonly limits: Limits;
  readonly readings: readonly Reading[];
}

/** Of an exchange that says nothing, or did not take place. */
export const UNHEARD: Heard = { answered: { kind: 'unknown' }, limits: NO_LIMITS, readings: [] };

/**
 * @param text how the body of a 403 begins; null if it cannot be read
 * @param names which headers tell of limits
 */
export function hear(
  came: Exchange,
  text: string | null,
  names: BudgetConfig['headers'],
  now: number,
): Heard {
  if (came.kind === 'broken') {
    const silent = SILENCE.has(troubleOf(came.error, came.stage).kind) && came.stage !== 'reading';
    return silent ? { ...UNHEARD, answered: { kind: 'silence' } } : UNHEARD;
  }
  if (came.kind === 'too_large') return { ...UNHEARD, answered: { ...UNLIMITED, allowances: [] } };
  const { status, headers } = came;
  const readings = readLimits(headers, names, now);
  const limits = limitsOf(readings);
  const { allowances } = limits;
  if (isLimited(status, limits, text)) {
    const answered = { kind: 'answer', limited: true, retryAfter: pauseOf(limits), allowances } as const;
    return { answered, limits, readings };
  }
  const answered: Answered = GATEWAY.has(status) ? { kind: 'silence' } : { ...UNLIMITED, allowances };
  return { answered, limits, readings };
}

/** What {@link hear} has to know of the body. */
export async function textOf(came: Exchange): Promise<string | null> {
  if (came.kind !== 'answer' || came.status !== 403) return null;
  const { headers, body } = came;
  const plain = await decompress(body.bytes, codings(headers['content-encoding']), EXCERPT);
  return plain.kind === 'body' ? plain.body.bytes.toString('latin1') : null;
}
