import type { BudgetConfig } from '../../config/document.ts';
import type { Exchange } from '../../lib/http/exchange.ts';
import { troubleOf } from '../../lib/http/trouble.ts';
import type { Answered } from '../../model.ts';
import { codings, decompress } from '../decompress.ts';
import { isLimited, pauseOf } from './limited.ts';
import { limitsOf } from './limits.ts';
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
  readonly readings: readonly Reading[];
}

/** @param names which headers tell of limits */
export async function hear(came: Exchange, names: BudgetConfig['headers'], now: number): Promise<Heard> {
  if (came.kind === 'broken') {
    const silent = SILENCE.has(troubleOf(came.error, came.stage).kind) && came.stage !== 'reading';
    return { answered: { kind: silent ? 'silence' : 'unknown' }, readings: [] };
  }
  if (came.kind === 'too_large') return { answered: { ...UNLIMITED, allowances: [] }, readings: [] };
  const { status, headers } = came;
  const readings = readLimits(headers, names, now);
  const limits = limitsOf(readings);
  const limited = isLimited(status, limits, status === 403 ? await textOf(came) : null);
  if (GATEWAY.has(status) && !limited) return { answered: { kind: 'silence' }, readings };
  const { allowances } = limits;
  const refused = { limited: true, retryAfter: pauseOf(limits) };
  return { answered: { ...UNLIMITED, ...(limited && refused), allowances }, readings };
}

async function textOf({ headers, body }: Extract<Exchange, { kind: 'answer' }>): Promise<string | null> {
  const plain = await decompress(body, codings(headers['content-encoding']), EXCERPT);
  return plain.kind === 'body' ? plain.body.toString('latin1') : null;
}
