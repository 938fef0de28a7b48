import type { Dispatcher as HttpDispatcher } from 'undici';
import type { WebhookConfig } from '../config/document.ts';
import { messageOf, PollhookError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Access } from '../lib/http/auth/access.ts';
import type { Logger } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import type { Redactor } from '../lib/redact.ts';
import type { WebhookState } from '../model.ts';
import type { Claim, Store } from '../store/contract.ts';
import { attempt, type Reply } from './attempt.ts';
import { outcomeOf } from './outcome.ts';
import type { Pace } from './pace.ts';
import { type AttemptReport, lineOf, reportOf, supersededLine } from './report.ts';
import type { Parcel, RequestFor } from './request.ts';
import { createSlots } from './slots.ts';
import { type Headroom, released, turnOf } from './turn.ts';

/** Looked at again after this time whatever happened: a machine may be suspended or its clock set meanwhile. */
const LONGEST_REST = 30_000;

export interface WorkerDeps {
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
  /** Told of deliveries that became needless. */
  readonly onSuperseded: (webhook: string, count: number) => void;
}

/** How a webhook was left by the process before. */
export interface Beginning {
  readonly state: WebhookState;
  readonly paused: boolean;
  readonly pace: Pace;
}

/** Sends what one webhook is owed, from its start until it is stopped. */
export interface Worker {
  /** Something may be due now. */
  wake(): void;
  /** Whether nothing is sent until somebody acts. */
  holds(): boolean;
  /** Nothing is sent before this time (Unix milliseconds), whatever is due; 0 if there is none. */
  waitsUntil(): number;
  /** Takes nothing new until it is resumed. */
  pause(): void;
  /** Goes on, also after a restart, with a single attempt at once if the webhook is held or failing. */
  resume(): Promise<void>;
  /** Takes nothing new, gives what is under way `grace` milliseconds, then abandons it. */
  stop(grace: number): Promise<void>;
}

/** Starts at once. */
export function startWorker(
  webhook: WebhookConfig,
  requestFor: RequestFor,
  beginning: Promise<Beginning>,
  deps: WorkerDeps,
): Worker {
  const { store, clock, random, observe, onSuperseded } = deps;
  const { name, order, supersede, batch } = webhook;
  const log = deps.log.child({ webhook: name });
  const slots = createSlots(clock);
  /** Attempts until they are recorded. */
  const open = new Set<Promise<void>>();
  const abandon = new AbortController();
  let stopping = false;
  let woken = false;
  let endRest = () => {};
  let paused = false;
  let state: WebhookState;
  let pace: Pace;
  const ready = beginning.then((left) => {
    ({ state, paused, pace } = left);
  });
  const running = ready.then(run).catch(failed);

  async function run(): Promise<void> {
    while (!stopping) {
      // Before looking, so that what happens meanwhile is not slept over.
      woken = false;
      const now = clock.now();
      const turn = paused ? PAUSED : turnOf(webhook, state, slots.taken, headroom(now), now);
      const until = turn.act === 'wait' ? turn.until : await begin(turn.limit, turn.probe, now);
      if (!woken) await rest(until);
    }
  }

  function headroom(now: number): Headroom {
    return { room: pace.room(), opens: now + pace.opens() - clock.monotonic() };
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
    const claim = await store.claim({
      ...{ webhook: name, order, supersede, now, limit, ahead: probe },
      ...(batch && { batch }),
    });
    tellSuperseded(claim);
    const parcels = parcelsOf(claim, batch !== undefined);
    pace.begin(parcels.length);
    for (const parcel of parcels) {
      slots.take();
      const work = send(parcel, probe)
        .catch(failed)
        .finally(() => {
          open.delete(work);
          wake();
        });
      open.add(work);
    }
    // What comes next when all that was allowed has begun is another question: an attempt ends, or the rate allows more.
    if (parcels.length === limit) woken = true;
    return claim.next;
  }

  function tellSuperseded({ superseded }: Claim): void {
    if (superseded.length === 0) return;
    for (const one of superseded) log.info(...supersededLine(one));
    onSuperseded(name, superseded.length);
  }

  async function send(parcel: Parcel, probe: boolean): Promise<void> {
    const began = clock.now();
    const start = clock.monotonic();
    const { request, deliveries, unsent } = await requestFor(parcel, began);
    const reply = request && (await attempt(request, webhook.timeout, abandon.signal, deps));
    const outcomes = [
      ...unsent.map(({ delivery, failure }) => conclude([delivery], { kind: 'unsent', failure })),
      ...(reply ? [conclude(deliveries, reply)] : []),
    ];
    await slots.together();
    // Before it is recorded, so that the claim that follows shares its durable write.
    slots.free();
    pace.end();
    wake();
    await Promise.all(outcomes.map(record));

    /** What follows from it counts at once; who answered 410 gets nothing more. */
    function conclude(settled: Parcel, reply: Reply) {
      const duration = clock.monotonic() - start;
      const tried = { deliveries: settled, reply, began, ended: clock.now(), duration, probe };
      const before = state;
      const outcome = outcomeOf(tried, webhook, before, random);
      state = outcome.webhook;
      const { level, fields, message } = lineOf(tried, outcome, before, webhook);
      log[level](fields, message);
      return { tried, outcome, changed: state !== before };
    }

    async function record({ tried, outcome, changed }: ReturnType<typeof conclude>): Promise<void> {
      await store.settle(outcome.settlements, changed ? [state] : []);
      observe(reportOf(tried, outcome));
    }
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
    holds: () => !webhook.enabled || paused || Boolean(state?.held),
    waitsUntil: () => Math.max(state?.pausedUntil ?? 0, state?.probe?.at ?? 0),
    pause() {
      void ready.then(() => {
        paused = true;
      });
    },
    async resume() {
      await ready;
      paused = false;
      // Whoever resumes knows more than the receiver did when it asked for a pause.
      state = { ...released(state, clock.now()), pausedUntil: 0 };
      wake();
      await store.settle([], [state]);
    },
    async stop(grace) {
      stopping = true;
      wake();
      const over = new AbortController();
      const ended = running.then(() => Promise.all(open)).finally(() => over.abort());
      await clock.sleep(grace, over.signal);
      abandon.abort();
      await ended;
      await pace?.close();
    },
  };
}

const PAUSED = { act: 'wait', until: null } as const;

/** What goes out in one request each: all of a batch, or one delivery. */
function parcelsOf({ deliveries }: Claim, batched: boolean): Parcel[] {
  const [first, ...others] = deliveries;
  if (!first) return [];
  return batched ? [[first, ...others]] : deliveries.map((delivery) => [delivery]);
}
