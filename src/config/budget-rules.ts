import { formatRate, type Rate } from '../lib/units.ts';
import { budget } from './budget.ts';
import type { BudgetConfig, BudgetLimit } from './document.ts';
import type { Finding } from './problem.ts';
import { at, type Resolved } from './rules.ts';
import { type Place, step } from './tree.ts';
import { fields } from './validate.ts';

/** Default burst: one part in so many of the rate. */
const BURST = 10;

/** Validates a budget, and takes the reserve off its rates. */
export function resolveBudget(name: string, place: Place): Resolved<BudgetConfig> {
  const { valid, complete, findings } = fields(budget.shape, place);
  const rates = [...(valid.rate ?? [])].sort((a, b) => a.window - b.window);
  const problems = [
    ...findings,
    ...burstProblems(valid.burst, rates, place),
    ...reserveProblems(valid.reserve ?? 0, rates, place),
    ...headerNameProblems(place),
  ];
  if (problems.length > 0 || complete === null) return { config: null, findings: problems, warnings: [] };
  const { concurrency, reserve, headers, burst } = complete;
  const limits = rates.map((rate, index) => limitOf(rate, reserve, index === 0 ? burst : undefined));
  return { config: { name, limits, concurrency, reserve, headers }, findings: [], warnings: [] };
}

function limitOf(rate: Rate, reserve: number, burst: number | undefined): BudgetLimit {
  const count = ours(rate, reserve);
  return {
    count,
    window: rate.window,
    burst: Math.min(count, burst ?? Math.max(1, Math.floor(count / BURST))),
  };
}

/** Requests less the reserve, rounded down, but tolerant of floating-point errors: 70% of 100 is 70, not 69. */
function ours({ count }: Rate, reserve: number): number {
  return Math.floor(count * (1 - reserve) + 1e-9);
}

function burstProblems(burst: number | undefined, rates: readonly Rate[], place: Place): Finding[] {
  const there = step(place, 'burst');
  if (burst === undefined) return [];
  const [shortest] = rates;
  if (shortest === undefined) {
    const hint = 'write a `rate` like 60/1m beside it, or remove it';
    return step(place, 'rate').tree ? [] : [at(there, '`burst` is only for a `rate`', hint)];
  }
  const hint = `the maximum is ${shortest.count}, as the rate is ${formatRate(shortest)}`;
  return burst > shortest.count ? [at(there, '`burst` is larger than the rate', hint)] : [];
}

function reserveProblems(reserve: number, rates: readonly Rate[], place: Place): Finding[] {
  const there = step(place, 'reserve');
  const nothing = rates.find((rate) => ours(rate, reserve) < 1);
  if (nothing) {
    const message = `the reserve leaves nothing of ${formatRate(nothing)}`;
    return [at(there, message, 'write a smaller `reserve`, or a rate over a longer time')];
  }
  return reserve >= 1 ? [at(there, 'the reserve leaves nothing', 'write a `reserve` below 100%')] : [];
}

/** Without the remaining or used requests a limit is of no use. */
function headerNameProblems(place: Place): Finding[] {
  const there = step(place, 'headers');
  if (there.tree?.kind !== 'map') return [];
  const [remaining, used, limit] = ['remaining', 'used', 'limit'].map((key) => step(there, key).tree);
  if (remaining || (used && limit)) return [];
  const hint = 'name the header of `remaining`, or those of `used` and `limit`';
  return [at(there, 'no header states how many requests are left', hint)];
}
