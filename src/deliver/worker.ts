import type { Dispatcher as HttpDispatcher } from 'undici';
import type { WebhookConfig } from '../config/document.ts';
import { type Failure, messageOf, PollhookError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Access } from '../lib/http/auth/access.ts';
import type { Logger } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import type { Redactor } from '../lib/redact.ts';
import type { WebhookState } from '../model.ts';
import type { Store } from '../store/contract.ts';
import { attempt, type Reply } from './attempt.ts';
import { outcomeOf, type Parcel } from './outcome.ts';
import { createPace } from './pace.ts';
import { type AttemptReport, lineOf, reportOf } from './report.ts';
import type { DeliveryRequest } from './request.ts';
import { type Allowance, turnOf } from './turn.ts';

/** Looked at again after this time whatever happened: a machine may be suspended or its clock set meanwhile. */
const LONGEST_REST = 30_000;

export interface WorkerDependencies {
  readonly store: Pick<Store, 'claim' | 'settle'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpDispatcher;
  /** Credentials that are no part of the request; null if there are none. */
  readonly access: Access | null;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly version: string;
  /** Told of every attempt once it is recorded. */
  readonly observe: (report: AttemptReport) => void;
}

/** Sends what one webhook is owed, from its start until it is stopped. */
interface Worker {
  /** Something may be due now. */
  wake(): void;
  /** Whether nothing is sent until somebody acts. */
  holds(): boolean;
  /** Takes nothing new, gives what is under way `grace` milliseconds, then abandons it. */
  stop(grace: number): Promise<void>;
}

/** Starts at once. `initial` is how the webhook stands. */
export function startWorker(
  webhook: WebhookConfig,
  requestFor: (parcel: Parcel, at: number) => Promise<DeliveryRequest | Failure>,
  initial: Promise<WebhookState>,
  deps: WorkerDependencies,
): Worker {
  const { store, clock, random, observe } = deps;
  const log = deps.log.child({ webhook: webhook.name });
  /** Attempts until they are recorded; `sending` counts those that have no answer yet. */
  const open = new Set<Promise<void>>();
  let sending = 0;
  const pace = createPace(webhook.rate, null);
  const abandon = new AbortController();
  let stopping = false;
  let woken = false;
  let endRest = () => {};
  let state: WebhookState;
  const running = run().catch(failed);

  async function run(): Promise<void> {
    state = await initial;
    while (!stopping) {
      // Before looking, so that what happens meanwhile is not slept over.
      woken = false;
      const now = clock.now();
      const turn = turnOf(webhook, state, sending, allowance(now), now);
      const until = turn.act === 'wait' ? turn.until : await begin(turn.limit, turn.probe, now);
      if (!woken) await rest(until);
    }
  }

  function allowance(now: number): Allowance {
    const monotonic = clock.monotonic();
    return { room: pace.room(monotonic), opens: now + pace.opens() - monotonic };
  }

  /** Rests until something happens, or a time comes. */
  async function rest(until: number | null): Promise<void> {
    if (until === null && open.size > 0) {
      // An attempt that ends will wake: a timer each time would cost as much as the signature.
      return new Promise((resolve) => {
        endRest = resolve;
      });
    }
    const nap = new AbortController();
    endRest = () => nap.abort('woken');
    await clock.sleep(Math.min(LONGEST_REST, (until ?? Number.POSITIVE_INFINITY) - clock.now()), nap.signal);
  }

  function wake(): void {
    woken = true;
    endRest();
  }

  /** Begins attempts on what is due, and says when more will be due. */
  async function begin(limit: number, probe: boolean, now: number): Promise<number | null> {
    const { name, order } = webhook;
    const claim = await store.claim({ webhook: name, order, now, limit, ahead: probe });
    pace.take(claim.deliveries.length, clock.monotonic());
    for (const delivery of claim.deliveries) {
      sending += 1;
      const work = send([delivery], probe)
        .catch(failed)
        .finally(() => {
          open.delete(work);
          wake();
        });
      open.add(work);
    }
    // With every slot taken, what comes next is the end of an attempt; or the rate allows another one.
    return claim.deliveries.length === limit ? null : claim.next;
  }

  async function send(deliveries: Parcel, probe: boolean): Promise<void> {
    const began = clock.now();
    const start = clock.monotonic();
    const request = await requestFor(deliveries, began);
    const reply: Reply =
      'code' in request
        ? { kind: 'unsent', failure: request }
        : await attempt(request, webhook.timeout, abandon.signal, deps);
    const duration = clock.monotonic() - start;
    const tried = { deliveries, reply, began, ended: clock.now(), duration, probe };

    const before = state;
    const outcome = outcomeOf(tried, webhook, before, random);
    state = outcome.webhook;
    const { level, fields, message } = lineOf(tried, outcome, before, webhook);
    log[level](fields, message);
    const recorded = store.settle(outcome.settlements, state === before ? [] : [state]);
    // Before it is recorded, so that the claim that follows shares its durable write.
    sending -= 1;
    wake();
    await recorded;
    observe(reportOf(tried, outcome));
  }

  /** The process stops when its state fails, and this webhook sends no more. Anything else is a bug. */
  function failed(error: unknown): void {
    if (!stopping) log.error({ err: messageOf(error) }, 'delivery stopped');
    stopping = true;
    wake();
    if (!(error instanceof PollhookError)) throw error;
  }

  return {
    wake,
    holds: () => !webhook.enabled || Boolean(state?.held),
    async stop(grace) {
      stopping = true;
      wake();
      const over = new AbortController();
      const ended = running.then(() => Promise.all(open)).finally(() => over.abort());
      await clock.sleep(grace, over.signal);
      abandon.abort();
      await ended;
    },
  };
}
