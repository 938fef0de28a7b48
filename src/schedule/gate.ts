import type { BudgetConfig, SourceConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import type { JsonObject } from '../model.ts';
import { Budget, UNLIMITED } from './budget.ts';
import { Host } from './host.ts';
import { Lane, type Permit, type Standing } from './lane.ts';
import { Ledger, type Memos, recall } from './ledger.ts';
import type { Rank } from './queue.ts';

/** More origins than a configuration names; beyond them, those that redirects led to are forgotten first. */
const MOST_ORIGINS = 20_000;

/** A request that wants to be sent. */
export interface Entry {
  readonly source: Pick<SourceConfig, 'name' | 'budget'>;
  /** Scheme, host and port that it goes to. */
  readonly origin: string;
  /** Whether its poll has sent requests before: what is begun is finished first. */
  readonly begun: boolean;
}

/** What the operator wants to know at once. */
export type GateNews =
  | { readonly kind: 'limited'; readonly standing: Standing }
  | { readonly kind: 'relieved'; readonly standing: Standing }
  | { readonly kind: 'failing'; readonly host: string }
  | { readonly kind: 'answering'; readonly host: string };

/** Where every request to a source waits until its budget and its host can bear it. */
export interface Gate {
  /** @throws the reason of the signal, once that aborts */
  enter(entry: Entry, signal: AbortSignal): Promise<Permit>;
  /** Of the budgets with a name, and of the origins whose servers said something about a limit. */
  standings(): readonly Standing[];
  /** Keeps what was spent for the next process; to be called when nobody enters any more. */
  close(): Promise<void>;
}

export interface GateOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where budgets are kept over restarts, and what is kept there; without it they begin anew. */
  readonly memos?: Memos & { readonly known: ReadonlyMap<string, JsonObject> };
  /** Who comes first when several polls wait to begin. Default: who has waited longest. */
  readonly rank?: Rank;
  readonly tell?: (news: GateNews) => void;
}

export function createGate({ clock, random, memos, rank, tell }: GateOptions): Gate {
  /** By the name of the budget. */
  const named = new Map<string, Lane>();
  /** By origin. */
  const unnamed = new Map<string, Lane>();
  const hosts = new Map<string, Host>();

  function laneOf(budget: BudgetConfig | null, origin: string): Lane {
    if (budget === null) return kept(unnamed, origin, () => openLane(UNLIMITED, hostOf(origin)));
    const lane = kept(named, budget.name, () => openLane(budget, budget.name));
    if (lane.budget.config !== budget) reconfigure(lane, budget);
    return lane;
  }

  function openLane(config: BudgetConfig, label: string): Lane {
    const budget = new Budget(config);
    if (memos && config.name !== '')
      recall(budget, memos.known.get(noteOf(config)), clock.monotonic(), clock.now());
    let limited = false;
    const lane: Lane = new Lane(label, budget, ledgerOf(config), {
      clock,
      random,
      rank: rank ?? null,
      onAnswer(host, wasFailing) {
        if (host.failing !== wasFailing) hostChanged(host);
        if (lane.budget.isPaused === limited) return;
        limited = lane.budget.isPaused;
        lane.note();
        tell?.({ kind: limited ? 'limited' : 'relieved', standing: lane.standing() });
      },
    });
    return lane;
  }

  function ledgerOf(config: BudgetConfig): Ledger | null {
    return memos && config.name !== '' ? new Ledger(memos, noteOf(config), config.limits, clock) : null;
  }

  /** What was spent under the old rules counts under the new ones. */
  function reconfigure(lane: Lane, config: BudgetConfig): void {
    const budget = new Budget(config);
    const now = clock.monotonic();
    budget.restore(lane.budget.save(now), 0, now);
    lane.reconfigure(budget, ledgerOf(config));
  }

  /** Sources of other budgets may wait for the host too. */
  function hostChanged(host: Host): void {
    tell?.({ kind: host.failing ? 'failing' : 'answering', host: host.name });
    for (const lane of [...named.values(), ...unnamed.values()]) lane.pump();
  }

  return {
    enter({ source, origin, begun }, signal) {
      const host = kept(hosts, origin, () => new Host(hostOf(origin)));
      return laneOf(source.budget, origin).enter({ source: source.name, host, begun }, signal);
    },

    standings() {
      const known = [...unnamed.values()].filter((lane) => !lane.isBlank());
      return [...named.values(), ...known].map((lane) => lane.standing());
    },

    async close() {
      await Promise.all([...named.values()].map((lane) => lane.close()));
    },
  };
}

/** The value of a key, made when there is none yet; the oldest makes room for it when there are too many. */
function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const [oldest] = map.keys();
  if (map.size >= MOST_ORIGINS && oldest !== undefined) map.delete(oldest);
  const made = make();
  map.set(key, made);
  return made;
}

function noteOf({ name }: BudgetConfig): string {
  return `budget:${name}`;
}

function hostOf(origin: string): string {
  return new URL(origin).host;
}
