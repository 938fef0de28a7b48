import type { Schedule, SourceConfig } from '../config/document.ts';
import type { Doubt, Verdict } from '../detect/contract.ts';
import type { Clock } from '../lib/clock.ts';
import { isoTimeOrNull } from '../lib/iso-time.ts';
import { formatDuration } from '../lib/units.ts';
import type { PollNote, SourceState } from '../model.ts';
import type { PaceView, SourceDetail, SourceView } from '../server/api/schemas.ts';
import type { Watch, WatchStanding } from '../watch.ts';
import type { Activity } from './activity.ts';

export interface SourceViewDeps {
  readonly watches: () => ReadonlyMap<string, Watch>;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly clock: Clock;
  readonly activity: Activity;
}

function intervalOf(schedule: Schedule): string | null {
  if ('every' in schedule) return formatDuration(schedule.every);
  return 'max' in schedule ? `${formatDuration(schedule.min)} to ${formatDuration(schedule.max)}` : null;
}

/** A source as lists show it. `stored`: its stored note, for sources that are not polled. */
export function viewOf(
  source: SourceConfig,
  state: SourceState | null,
  stored: PollNote | null,
  paces: ReadonlyMap<string, PaceView>,
  { watches, clock, activity }: SourceViewDeps,
): SourceView {
  const standing = watches().get(source.name)?.standing() ?? null;
  const note = standing ? standing.note : stored;
  const { recent, events_last_hour, changes_by_hour } = activity.ofSource(source.name, clock.now());
  return {
    name: source.name,
    state: stateOf(standing, note),
    last_poll: isoTimeOrNull(note?.polled),
    last_success: isoTimeOrNull(note?.succeeded),
    next_poll: isoTimeOrNull(standing && Math.max(standing.due, note?.polled ?? 0)),
    records: state?.records ?? 0,
    interval: intervalOf(source.schedule),
    cron: 'cron' in source.schedule ? source.schedule.cron : null,
    pace: paces.get(source.name) ?? null,
    error: note?.error ?? null,
    polling: standing?.polling ?? false,
    budget: source.budget?.name ?? null,
    events_last_hour,
    changes_by_hour,
    recent: [...recent],
  };
}

/** A source with its last polls and its doubt. */
export function detailOf(
  source: SourceConfig,
  state: SourceState | null,
  stored: PollNote | null,
  paces: ReadonlyMap<string, PaceView>,
  deps: SourceViewDeps,
): SourceDetail {
  const standing = deps.watches().get(source.name)?.standing() ?? null;
  const view = viewOf(source, state, stored, paces, deps);
  const note = standing ? standing.note : stored;
  const held = standing?.held ?? null;
  const { polls } = deps.activity.ofSource(source.name, deps.clock.now());
  return {
    ...view,
    enabled: source.enabled,
    failures: note?.failures ?? 0,
    sequence: state?.sequence ?? 0,
    suspect: held ? doubtOf(held, deps.verdicts.get(source.name)) : unreadable(view),
    polls: [...polls],
  };
}

/** The doubt about deletions, with the operator's decision, which the next poll acts on. */
function doubtOf(held: Doubt, verdict: Verdict | undefined): SourceDetail['suspect'] {
  const { reason, missing, of, examples, wave, rejected } = held;
  const said = verdict?.wave === wave ? DECISIONS[verdict.answer] : null;
  return { reason, missing, of, examples: [...examples], decision: rejected ? 'rejected' : said };
}

const DECISIONS = { approve: 'approved', reject: 'rejected' } as const;

/** A doubt about the answer itself, which leaves nothing to decide. */
function unreadable({ state, error }: SourceView): SourceDetail['suspect'] {
  if (state !== 'suspect') return null;
  return { reason: error ?? '', missing: null, of: null, examples: [], decision: null };
}

/** The state of a source; the most important condition comes first. */
function stateOf(
  standing: Pick<WatchStanding, 'paused' | 'finished'> | null,
  note: Pick<PollNote, 'failures' | 'error'> | null,
): SourceView['state'] {
  if (!standing || standing.paused) return 'paused';
  if (standing.finished) return 'finished';
  if (!note || note.error === null) return 'ok';
  return note.failures > 0 ? 'failing' : 'suspect';
}
