import type { Config } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import { BUDGET_NOTE, createGate, type Gate } from '../schedule/gate.ts';
import { type GateReport, lineOf } from '../schedule/gate-report.ts';
import type { Rank } from '../schedule/queue.ts';
import type { Store } from '../store/contract.ts';

export interface LiveGateDeps {
  readonly store: Pick<Store, 'memos' | 'remember'>;
  readonly budgets: Config['budgets'];
  readonly clock: Clock;
  readonly random: Random;
  /** Which of several waiting polls begins first. */
  readonly rank: Rank;
  readonly log: Logger;
}

/** The gate of the daemon: restores what was spent before the start, and logs what changes. */
export async function openGate({ store, budgets, clock, random, rank, log }: LiveGateDeps): Promise<Gate> {
  const known = await store.memos();
  const kept = [...known.keys()].filter((name) => name.startsWith(BUDGET_NOTE));
  const gone = kept.filter((name) => !budgets.has(name.slice(BUDGET_NOTE.length)));
  await Promise.all(gone.map((name) => store.remember(name, null)));
  const memos = { known, remember: store.remember.bind(store) };
  const observe = (report: GateReport) => {
    const { level, fields, message } = lineOf(report);
    log[level](fields, message);
  };
  return createGate({ clock, random, memos, rank, observe });
}
