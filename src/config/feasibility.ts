import { Cron } from 'croner';
import { intervalsOf, priorRate } from '../lib/optimal-intervals.ts';
import { counted, formatDuration, formatRate } from '../lib/units.ts';
import type { BudgetConfig, BudgetLimit, Schedule, SourceConfig } from './document.ts';
import type { Finding } from './problem.ts';
import { at } from './rules.ts';
import { type Place, step } from './tree.ts';

/** The demand of the sources of one budget, compared with its limit. */
export interface Plan {
  readonly budget: BudgetConfig;
  /** The tightest limit. */
  readonly limit: BudgetLimit;
  /** Requests in its window, with learned intervals at their longest. */
  readonly needed: number;
  readonly sources: readonly PlannedSource[];
}

/** Times are milliseconds. */
export interface PlannedSource {
  readonly name: string;
  readonly schedule: Schedule;
  /** Requests per poll, as far as the configuration shows. */
  readonly cost: number;
  /** Time between two polls; for learned intervals, before anything was learned. */
  readonly interval: number;
  /** How long a change waits, on average and at most. */
  readonly expected: number;
  readonly worst: number;
}

type Sharer = Pick<SourceConfig, 'name' | 'schedule' | 'weight' | 'budget' | 'paginate' | 'enabled'>;

/** Runs of a cron expression that are looked at to find its interval. */
const RUNS = 50;
const SOME_DAY = new Date('2024-01-01T00:00:00Z');

/**
 * The plans of all budgets with rates that sources use. If a budget is too small, all fixed intervals stretch by the
 * same factor, because the longest waiting poll comes first.
 */
export function plansOf(sources: Iterable<Sharer>): Plan[] {
  const enabled = [...sources].filter((source) => source.enabled);
  return [...Map.groupBy(enabled, ({ budget }) => budget)].flatMap(([budget, sharers]) =>
    budget && budget.limits.length > 0 ? [planOf(budget, sharers)] : [],
  );
}

function planOf(budget: BudgetConfig, sharers: readonly Sharer[]): Plan {
  const drawers = sharers.map((sharer) => ({
    ...sharer,
    cost: costOf(sharer),
    longest: longestOf(sharer.schedule),
  }));
  const demand = drawers.reduce((sum, { cost, longest }) => sum + cost / longest, 0);
  const used = ({ count, window }: BudgetLimit) => (demand * window) / count;
  const limit = budget.limits.reduce((worst, one) => (used(one) > used(worst) ? one : worst));
  const stretch = Math.max(1, used(limit));
  const fixed = drawers.reduce(
    (sum, { schedule, cost, longest }) => sum + ('max' in schedule ? 0 : cost / longest),
    0,
  );
  const learned = drawers.flatMap(({ name, schedule, weight, cost }) =>
    'max' in schedule ? [{ name, ...schedule, weight, cost, rate: priorRate(schedule) }] : [],
  );
  const intervals = intervalsOf(learned, limit.count / limit.window - fixed);
  const learnedAt = new Map(learned.map(({ name }, index) => [name, intervals[index] ?? 0]));
  const sources = drawers.map(({ name, schedule, cost, longest }): PlannedSource => {
    const interval = (learnedAt.get(name) ?? longest) * stretch;
    return { name, schedule, cost, interval, expected: interval / 2, worst: longest * stretch };
  });
  return { budget, limit, needed: demand * limit.window, sources };
}

/** Requests per poll as far as the configuration states them. */
function costOf({ paginate }: Sharer): number {
  return paginate?.type === 'page' && typeof paginate.pages === 'number' ? paginate.pages : 1;
}

function longestOf(schedule: Schedule): number {
  if ('every' in schedule) return schedule.every;
  if ('max' in schedule) return schedule.max;
  const { cron, timezone = 'UTC' } = schedule;
  const runs = new Cron(cron, { mode: '5-or-6-parts', timezone }).nextRuns(RUNS, SOME_DAY);
  const [first, last] = [runs[0], runs.at(-1)];
  if (!first || !last || runs.length < 2) return Number.POSITIVE_INFINITY;
  return (last.getTime() - first.getTime()) / (runs.length - 1);
}

/**
 * Warns of each budget that is too small for its sources, by how much, and what would fit. Polls are then late, but
 * none is lost.
 */
export function budgetWarnings(plans: readonly Plan[], top: Place): Finding[] {
  return plans.flatMap(({ budget, limit, needed, sources }) => {
    if (needed <= limit.count) return [];
    const place = step(step(step(top, 'budgets'), budget.name), 'rate');
    const allowed = `${counted(limit.count, 'request')} in ${formatDuration(limit.window)}`;
    const message = `${counted(sources.length, 'source')} ${sources.length === 1 ? 'needs' : 'need'} ${round(needed)}, and ${allowed} ${limit.count === 1 ? 'is' : 'are'} allowed`;
    const factor = Math.ceil((100 * needed) / limit.count) / 100;
    const rate = formatRate({ count: Math.ceil(needed / (1 - budget.reserve)), window: limit.window });
    const hint = `write intervals ${factor} times as long (${longer(sources, factor)}), or a rate of ${rate} if the server allows it`;
    return [at(place, message, hint)];
  });
}

/** A suggestion for the source that needs most. */
function longer(sources: readonly PlannedSource[], factor: number): string {
  const [most] = [...sources].sort((a, b) => b.cost / longestOf(b.schedule) - a.cost / longestOf(a.schedule));
  if (!most) return '';
  const interval = Math.ceil((longestOf(most.schedule) * factor) / 1000) * 1000;
  return `${most.name} every ${formatDuration(interval)}`;
}

function round(requests: number): string {
  return requests < 10 ? String(Math.ceil(requests * 10) / 10) : String(Math.ceil(requests));
}
