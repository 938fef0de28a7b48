import { Cron } from 'croner';
import type { Finding } from './problem.ts';
import { at } from './rules.ts';
import { type Place, step } from './tree.ts';

/** An arbitrary start for checking whether a cron expression ever matches. */
const SOME_DAY = new Date('2024-01-01T00:00:00Z');

/** Mistakes in `every`, `cron` and `timezone`, such as an expression that never matches. */
export function scheduleProblems(
  valid: { readonly cron?: string | undefined; readonly timezone?: string | undefined },
  place: Place,
): Finding[] {
  const findings: Finding[] = [];
  const [every, cron, timezone] = [step(place, 'every'), step(place, 'cron'), step(place, 'timezone')];
  if (every.tree && cron.tree) {
    findings.push(at(cron, '`every` and `cron` exclude each other', 'remove one of them'));
  }
  if (timezone.tree && !cron.tree) {
    findings.push(
      at(timezone, '`timezone` is only for `cron`', 'remove it, or write `cron` instead of `every`'),
    );
  }
  const zoneIsValid = valid.timezone === undefined || isTimeZone(valid.timezone);
  if (!zoneIsValid)
    findings.push(at(timezone, 'this is not a time zone', 'write an IANA name like Europe/Berlin or UTC'));
  const problem = valid.cron === undefined ? null : cronProblem(valid.cron);
  if (problem) {
    const hint =
      'write 5 fields (minute hour day month weekday), or 6 with seconds first, like `0 9 * * MON-FRI`';
    findings.push(at(cron, problem, hint));
  }
  return findings;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function cronProblem(pattern: string): string | null {
  const count = pattern.trim().split(/\s+/).length;
  if (count !== 5 && count !== 6) return 'this is not a cron expression';
  try {
    return new Cron(pattern, { timezone: 'UTC' }).nextRun(SOME_DAY) === null ? 'no day is like this' : null;
  } catch {
    return 'this is not a cron expression';
  }
}
