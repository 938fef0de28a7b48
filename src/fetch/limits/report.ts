import type { BudgetConfig } from '../../config/document.ts';
import type { Exchange } from '../../lib/http/exchange.ts';
import { troubleOf } from '../../lib/http/trouble.ts';
import type { Answered } from '../../model.ts';
import { codings, decompress } from '../decompress.ts';
import { isLimited, pauseOf } from './limited.ts';
import { type Limits, limitsOf, NO_LIMITS } from './limits.ts';
import { type Reading, readLimits } from './read.ts';

/** Statuses of gateways that did not reach the server, or got no answer from it. */
const GATEWAY = new Set([502, 503, 504]);

/** Failures that concern the host rather than one request. */
const SILENCE = new Set(['unreachable', 'tls', 'protocol', 'timeout', 'broken']);

const UNLIMITED = { kind: 'answer', limited: false, retryAfter: null } as const;

/** Bytes of a refusal that are read to find out why. */
const EXCERPT = 65_536;

/** What an exchange says about rate limits, and how each header was read. */
export interface LimitReport {
  readonly answered: Answered;
  readonly limits: Limits;
  readonly readings: readonly Reading[];
}

/** The result for an exchange that says nothing, or did not take place. */
export const NO_REPORT: LimitReport = { answered: { kind: 'unknown' }, limits: NO_LIMITS, readings: [] };

/**
 * @param text beginning of the body of a 403; null if it cannot be read
 * @param names the headers that state limits
 */
export function limitReportOf(
  came: Exchange,
  text: string | null,
  names: BudgetConfig['headers'],
  now: number,
): LimitReport {
  if (came.kind === 'broken') {
    const silent = SILENCE.has(troubleOf(came.error, came.stage).kind) && came.stage !== 'reading';
    return silent ? { ...NO_REPORT, answered: { kind: 'silence' } } : NO_REPORT;
  }
  if (came.kind === 'too_large') return { ...NO_REPORT, answered: { ...UNLIMITED, allowances: [] } };
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

/** The text that {@link limitReportOf} needs: the beginning of the body of a 403. */
export async function textOf(came: Exchange): Promise<string | null> {
  if (came.kind !== 'answer' || came.status !== 403) return null;
  const { headers, body } = came;
  const plain = await decompress(body.bytes, codings(headers['content-encoding']), EXCERPT);
  return plain.kind === 'body' ? plain.body.bytes.toString('latin1') : null;
}
