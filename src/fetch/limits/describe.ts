import { counted, formatWait } from '../../lib/units.ts';
import type { Allowance } from '../../model.ts';
import type { Reading } from './read.ts';
import type { LimitReport } from './report.ts';

/** How one header was read, for people. */
export function describeReading(reading: Reading): string {
  switch (reading.kind) {
    case 'limit':
      return `the limit${nameOf(reading)} is ${counted(reading.amount, 'request')}${windowOf(reading.window)}`;
    case 'remaining':
      return `${counted(reading.amount, 'request')}${nameOf(reading)} left${windowOf(reading.window)}`;
    case 'used':
      return `${counted(reading.amount, 'request')}${nameOf(reading)} spent${windowOf(reading.window)}`;
    case 'reset':
      return `the limit${nameOf(reading)} is reset in ${formatWait(reading.wait)} (read as ${reading.notation})`;
    case 'window':
      return `the limit${nameOf(reading)} is for ${formatWait(reading.window)}`;
    case 'pause':
      return `not to be asked again for ${formatWait(reading.wait)}`;
    case 'floor':
      return `polls are wanted no closer than ${formatWait(reading.wait)}`;
    case 'reason':
      return 'says what was exceeded: counts as evidence of a limit';
    case 'name':
      return 'names or describes a limit: ignored';
    case 'foreign':
      return 'not counted in requests: ignored';
    case 'unreadable':
      return 'cannot be read: ignored';
  }
}

/** What follows from an answer, for people: budgets are lowered to this, and never raised. */
export function consequences({ answered, limits }: LimitReport): string[] {
  const lines: string[] = [];
  if (answered.kind === 'answer') {
    const { limited, retryAfter, allowances } = answered;
    const pause =
      retryAfter === null ? 'for a while, twice as long each time' : `for ${formatWait(retryAfter)}`;
    if (limited) lines.push(`refused: all sources of the budget wait ${pause}, then one request finds out`);
    for (const allowance of allowances) lines.push(...spreading(allowance));
  }
  const { floor } = limits;
  if (floor !== null) lines.push(`the next poll is at least ${formatWait(floor)} after this one`);
  return lines;
}

function spreading({ name, remaining, limit, reset, window }: Allowance): string[] {
  if (remaining === null) return [];
  const of = limit === null ? '' : ` of ${limit}`;
  const left = `${remaining}${of}${name === '' ? '' : ` (${name.replace(/^\//, '')})`} left`;
  const time = reset ?? window;
  if (time === null)
    return [`${left}, nobody knows until when: ${remaining > 0 ? 'slows nothing' : 'waits a minute'}`];
  if (remaining <= 0) return [`${left}: nothing is sent for ${formatWait(time)}`];
  return [`${left}: spread over ${formatWait(time)}, one request in ${formatWait(time / remaining)}`];
}

function nameOf({ of }: Extract<Reading, { of: unknown }>): string {
  const name = [of.family, of.part].filter(Boolean).join(' ');
  return name === '' ? '' : ` (${name})`;
}

function windowOf(window: number | null): string {
  return window === null ? '' : ` in ${formatWait(window)}`;
}
