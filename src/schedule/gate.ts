import type { BudgetConfig, SourceConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import type { JsonObject } from '../model.ts';
import type { Memos } from '../store/contract.ts';
import { Budget, UNLIMITED } from './budget.ts';
import { BudgetMemo, recall } from './budget-memo.ts';
import type { GateReport, Standing } from './gate-report.ts';
import { Host } from './host.ts';
import { Lane } from './lane.ts';
import type { Kept, Permit } from './pass.ts';
import type { Rank, Wish } from './queue.ts';

/** Redirects may lead anywhere: whenever so many origins are known, blank ones are forgotten. */
const MANY_ORIGINS = 20_000;

/** Prefix of the names of memos that keep budgets over restarts. */
export const BUDGET_NOTE = 'budget:';

type Source = Pick<SourceConfig, 'name' | 'budget'>;

/** Where every request to a source waits until its budget and its host allow it. */
export interface Gate extends AsyncDisposable {
  /**
   * Waits until the first request of a poll may be sent, and reserves the permit for it. To be disposed of when the
   * poll has ended. Rejects with the reason of the signal once that aborts.
   */
  begin(source: Source & Pick<SourceConfig, 'url'>, signal: AbortSignal): Promise<Disposable>;
  /**
   * A permit to send one request; a promise only if there is a wait, which rejects with the reason of the signal once
   * that aborts. Requests of polls that have begun take precedence over those that begin others.
   *
   * @param origin scheme, host and port that the request goes to
   * @param signal null if it is never aborted
   */
  enter(source: Source, origin: string, signal: AbortSignal | null): Permit | Promise<Permit>;
  /** State of the configured budgets, by name, and of the origins whose servers stated a limit. */
  standings(applying: Pick<ReadonlyMap<string, unknown>, 'has'>): readonly Standing[];
  /** Stores what was spent for the next process, and rejects the requests that still wait. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface GateOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where budgets are kept over restarts; without it they start blank. */
  readonly memos?: Pick<Memos, 'remember'> & { readonly known: ReadonlyMap<string, JsonObject> };
  /** Which of several waiting polls begins first. Default: the one that has waited longest. */
  readonly rank?: Rank;
  readonly observe?: (report: GateReport) => void;
}

export function createGate({ clock, random, memos, rank, observe }: GateOptions): Gate {
  /** By the name of the budget. */
  const named = new Map<string, Lane>();
  /** By origin. */
  const unnamed = new Map<string, Lane>();
  const hosts = new Map<string, Host>();
  /** Polls that have begun, by source, with the permit for their first request until that is sent. */
  const visits = new Map<string, { readonly lane: Lane; readonly kept: Kept }>();

  function wishOf({ name }: Source, origin: string, begun: boolean): Wish {
    return { source: name, host: knownOr(hosts, origin, () => new Host(hostOf(origin))), begun };
  }

  function laneOf(budget: BudgetConfig | null, origin: string): Lane {
    if (budget === null) return knownOr(unnamed, origin, () => openLane(UNLIMITED, hostOf(origin)));
    const lane = knownOr(named, budget.name, () => openLane(budget, budget.name));
    if (lane.budget.config !== budget) reconfigure(lane, budget);
    return lane;
  }

  function openLane(config: BudgetConfig, label: string): Lane {
    const budget = new Budget(config);
    if (memos && config.name !== '')
      recall(budget, memos.known.get(noteOf(config)), clock.monotonic(), clock.now());
    let limited = false;
    const lane: Lane = new Lane(label, budget, memoOf(config), {
      clock,
      random,
      rank: rank ?? null,
      onAnswer(host, wasFailing) {
        if (host.failing || wasFailing) hostChanged(host, wasFailing);
        if (lane.budget.isPaused === limited) return;
        limited = lane.budget.isPaused;
        lane.note();
        observe?.({ kind: limited ? 'limited' : 'relieved', standing: lane.standing() });
      },
      onScarce: (wait, by) => observe?.({ kind: 'scarce', standing: lane.standing(), wait, by }),
    });
    return lane;
  }

  function memoOf(config: BudgetConfig): BudgetMemo | null {
    return memos && config.name !== '' ? new BudgetMemo(memos, noteOf(config), config.limits, clock) : null;
  }

  /** Requests sent under the old configuration count under the new one. */
  function reconfigure(lane: Lane, config: BudgetConfig): void {
    const budget = new Budget(config);
    const now = clock.monotonic();
    budget.restore(lane.budget.save(now), 0, now);
    lane.reconfigure(budget, memoOf(config));
  }

  /** Lanes of other budgets may wait for the host too. */
  function hostChanged(host: Host, wasFailing: boolean): void {
    if (host.failing !== wasFailing)
      observe?.({ kind: host.failing ? 'failing' : 'answering', host: host.name });
    for (const lane of [...named.values(), ...unnamed.values()]) lane.pump();
  }

  return {
    async begin(source, signal) {
      const origin = originOf(source);
      const lane = laneOf(source.budget, origin);
      const visit = { lane, kept: lane.keep(await lane.enter(wishOf(source, origin, false), signal)) };
      visits.set(source.name, visit);
      return {
        [Symbol.dispose]() {
          if (visits.get(source.name) === visit) visits.delete(source.name);
          lane.use(visit.kept, null)?.leave({ kind: 'unknown' });
        },
      };
    },

    enter(source, origin, signal) {
      const lane = laneOf(source.budget, origin);
      const visit = visits.get(source.name);
      const wish = wishOf(source, origin, visit !== undefined);
      const pass = visit?.lane === lane ? lane.use(visit.kept, wish) : null;
      return pass ?? lane.enter(wish, signal);
    },

    standings(applying) {
      // A removed budget is kept, so that what was spent counts when it returns, but it is not shown.
      const budgets = [...named].filter(([name]) => applying.has(name)).map(([, lane]) => lane);
      const known = [...unnamed.values()].filter((lane) => !lane.isBlank);
      return [...budgets, ...known].map((lane) => lane.standing());
    },

    async [Symbol.asyncDispose]() {
      await Promise.all([...named.values(), ...unnamed.values()].map((lane) => lane.close()));
    },
  };
}

/** The value of a key, created if there is none yet. */
function knownOr<T extends { readonly isBlank: boolean }>(
  map: Map<string, T>,
  key: string,
  make: () => T,
): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  if (map.size >= MANY_ORIGINS && map.size % MANY_ORIGINS === 0) {
    for (const [other, value] of map) if (value.isBlank) map.delete(other);
  }
  const made = make();
  map.set(key, made);
  return made;
}

function noteOf({ name }: BudgetConfig): string {
  return BUDGET_NOTE + name;
}

/** Origins by source: parsing a URL costs as much as everything else when there is no wait. */
const origins = new WeakMap<object, string>();

function originOf(source: Pick<SourceConfig, 'url'>): string {
  const origin = origins.get(source) ?? new URL(source.url).origin;
  origins.set(source, origin);
  return origin;
}

function hostOf(origin: string): string {
  return new URL(origin).host;
}
