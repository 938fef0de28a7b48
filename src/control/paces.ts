import type { Config, SourceConfig } from '../config/document.ts';
import { counted, formatDuration } from '../lib/units.ts';
import type { PollNote } from '../model.ts';
import { pacesOf } from '../schedule/learned/learned.ts';
import type { PaceView } from '../server/api/schemas.ts';

const HOUR = 3_600_000;

/** How often and why each source with learned intervals is polled at present. */
export function pacesIn(
  sources: Config['sources'],
  noteOf: (source: string) => PollNote | null,
): ReadonlyMap<string, PaceView> {
  const groups = Map.groupBy(
    [...sources.values()].filter((source) => source.enabled),
    ({ budget }) => budget,
  );
  const views = new Map<string, PaceView>();
  for (const [budget, sharers] of groups) {
    const requests = Math.min(...(budget?.limits ?? []).map(({ count, window }) => count / window));
    const paces = pacesOf(sharers, (name) => noteOf(name)?.learned, requests - fixedIn(sharers));
    for (const [name, { rate, interval, wait }] of paces) {
      const source = sources.get(name);
      if (!source) continue;
      views.set(name, {
        changes_per_hour: Math.round(rate * HOUR * 1000) / 1000,
        interval_ms: Math.round(interval),
        expected_wait_ms: Math.round(wait),
        why: reason(source, sharers.length, rate, noteOf(name)),
      });
    }
  }
  return views;
}

/** Requests per millisecond of the sources with fixed intervals. */
function fixedIn(sources: readonly SourceConfig[]): number {
  return sources.reduce((sum, { schedule }) => sum + ('every' in schedule ? 1 / schedule.every : 0), 0);
}

function reason(
  { budget, weight }: SourceConfig,
  sharers: number,
  rate: number,
  note: PollNote | null,
): string {
  const watched = note?.learned?.exposure ?? 0;
  const learned =
    watched === 0
      ? 'nothing is known yet'
      : `a change every ${brief(1 / rate)} on average, by what was seen lately`;
  const [limit] = budget?.limits ?? [];
  if (!budget || !limit) return `${learned}; polled as often as it changes`;
  const others = `${counted(limit.count, 'request')} in ${formatDuration(limit.window)} for ${counted(sharers, 'source')}`;
  const weighed = weight === 1 ? '' : `, with a weight of ${weight}`;
  return `${learned}; its share of budget ${budget.name} (${others})${weighed}`;
}

/** Milliseconds, rounded for people. */
function brief(ms: number): string {
  const unit = ms < 10_000 ? 100 : ms < 600_000 ? 1000 : 60_000;
  return formatDuration(Math.max(unit, Math.round(ms / unit) * unit));
}
