import type { Schedule } from '../config/document.ts';
import type { Plan, PlannedSource } from '../config/feasibility.ts';
import { counted, formatDuration } from '../lib/units.ts';

/** The demand of the sources of a budget, and how long changes wait, as a small table. */
export function describePlan({ budget, limit, needed, sources }: Plan): string {
  const share = Math.ceil((100 * needed) / limit.count);
  const allowed = `${counted(limit.count, 'request')} in ${formatDuration(limit.window)}`;
  const head = `budget ${budget.name}: ${share}% of ${allowed} needed by ${counted(sources.length, 'source')}`;
  const rows = sources.map((source) => [
    source.name,
    writtenAs(source.schedule),
    source.cost === 1 ? '' : `${source.cost} pages`,
    `a change waits ${rounded(source.expected)} on average, ${rounded(source.worst)} at most`,
  ]);
  const columns = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => {
    const cells = row.flatMap((cell, column) =>
      columns[column] === 0 ? [] : [cell.padEnd(columns[column] ?? 0)],
    );
    return `  ${cells.join('  ')}\n`;
  });
  return `${head}\n${lines.join('')}`;
}

/** The same as data; times in milliseconds. */
export function planAsData({ budget, limit, needed, sources }: Plan) {
  return {
    name: budget.name,
    requests: limit.count,
    window_ms: limit.window,
    needed: Math.round(needed * 1000) / 1000,
    fits: needed <= limit.count,
    sources: sources.map((source) => ({
      name: source.name,
      requests: source.cost,
      interval_ms: finite(source.interval),
      expected_wait_ms: finite(source.expected),
      worst_wait_ms: finite(source.worst),
    })),
  };
}

function writtenAs(schedule: Schedule): string {
  if ('every' in schedule) return `every ${formatDuration(schedule.every)}`;
  if ('max' in schedule) return `every ${formatDuration(schedule.min)} to ${formatDuration(schedule.max)}`;
  return `cron ${schedule.cron}`;
}

/** A duration, rounded for people. */
function rounded(ms: number): string {
  if (!Number.isFinite(ms)) return 'for ever';
  const unit = ms < 10_000 ? 100 : ms < 600_000 ? 1000 : 60_000;
  return formatDuration(Math.ceil(ms / unit) * unit);
}

/** Null for a cron expression that matches only once and so has no interval. */
function finite(ms: PlannedSource['interval']): number | null {
  return Number.isFinite(ms) ? Math.round(ms) : null;
}
