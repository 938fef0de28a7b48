import { counted, formatWait } from '../../lib/units.ts';
import type { Limits } from './limits.ts';
import type { Reading } from './read.ts';

/** How one header was read, for people. */
export function inWords(reading: Reading): string {
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

/** What follows from all of them together: the budget is lowered to this, and never raised. */
export function consequences({ retryAfter, floor, allowances }: Limits, limited: boolean): string[] {
  const lines: string[] = [];
  if (limited) {
    const until = retryAfter === null ? 'for a while' : `for ${formatWait(retryAfter)}`;
    lines.push(`the server refuses: all sources of the budget pause ${until}, then one request finds out`);
  }
  for (const { name, remaining, limit, reset, window } of allowances) {
    if (remaining === null) continue;
    const what = `${remaining}${limit === null ? '' : ` of ${limit}`}${name === '' ? '' : ` (${name})`} left`;
    const time = reset ?? window;
    if (time === null)
      lines.push(`${what}, until nobody knows when: ${remaining > 0 ? 'slows nothing' : 'waits a minute'}`);
    else if (remaining <= 0) lines.push(`${what}: nothing is sent for ${formatWait(time)}`);
    else
      lines.push(`${what}: spread over ${formatWait(time)}, one request in ${formatWait(time / remaining)}`);
  }
  if (floor !== null) lines.push(`the next poll is at least ${formatWait(floor)} after this one`);
  return lines;
}

function nameOf({ of }: Extract<Reading, { of: unknown }>): string {
  const name = [of.family, of.part].filter(Boolean).join(' ');
  return name === '' ? '' : ` (${name})`;
}

function windowOf(window: number | null): string {
  return window === null ? '' : ` in ${formatWait(window)}`;
}
