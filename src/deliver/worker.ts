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
import { attempt } from './attempt.ts';
import { type Outcome, outcomeOf, type Tried } from './outcome.ts';
import type { Pace } from './pace.ts';
import { type AttemptReport, lineOf, reportOf, supersededLine } from './report.ts';
import { MOST_TOGETHER, type Parcel, type RequestFor } from './request.ts';
import { createSlots } from './slots.ts';
import { type Headroom, released, turnOf } from './turn.ts';
import { WakeableSleep } from './wakeable-sleep.ts';

/** The longest sleep: the machine may be suspended or its clock set meanwhile. */
const LONGEST_REST = 30_000;

export interface WorkerDeps {
  readonly store: Pick<Store, 'claim' | 'settle'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpDispatcher;
  /** Credentials that have to be obtained first; null if there are none. */
  readonly access: Access | null;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly version: string;
  /** Called after every attempt, once it is recorded. */
  readonly observe: (report: AttemptReport) => void;
  /** Called with the number of deliveries that a newer update replaced. */
  readonly onSuperseded: (webhook: string, count: number) => void;
}

/** What the process before left behind of a webhook. */
export interface Beginning {
  readonly state: WebhookState;
  readonly paused: boolean;
  readonly pace: Pace;
}

/** Sends the deliveries of one webhook until it is stopped. */
export interface Worker {
  /** Looks for due deliveries again: something may have become due. */
  wake(): void;
  /** Whether nothing is sent until a person acts. */
  holds(): boolean;
  /** Nothing is sent before this time (Unix milliseconds), whatever is due; 0 if there is none. */
  waitsUntil(): number;
  /** Begins no more attempts until it is resumed. */
  pause(): void;
  /** Goes on, also after a restart, with a single attempt at once if the webhook is held or failing. */
  resume(): Promise<void>;
  /** Begins no more attempts, waits at most `grace` milliseconds for those under way, then aborts them. */
  stop(grace: number): Promise<void>;
}

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
  /** Attempts that are not yet recorded. */
  const open = new Set<Promise<void>>();
  const abandon = new AbortController();
  const sleep = new WakeableSleep(clock);
  const wake = () => sleep.wake();
  let stopping = false;
  let paused = false;
  let state: WebhookState;
  let pace: Pace;
  const ready = beginning.then((left) => {
    ({ state, paused, pace } = left);
  });
  const running = ready.then(run).catch(failed);

  async function run(): Promise<void> {
    while (!stopping) {
      sleep.reset();
      const now = clock.now();
      const turn = paused ? PAUSED : turnOf(webhook, state, slots.taken, headroom(now), now);
      const until = turn.act === 'wait' ? turn.until : await begin(turn.limit, turn.probe, now);
      await sleep.sleep(restUntil(until));
    }
  }

  function headroom(now: number): Headroom {
    return { room: pace.room(), opens: now + pace.opens() - clock.monotonic() };
  }

  /**
   * Milliseconds to sleep. No limit while attempts are under way, whose ends wake: a timer would cost as much as
   * signing.
   */
  function restUntil(time: number | null): number | null {
    if (time === null) return open.size > 0 ? null : LONGEST_REST;
    return Math.min(LONGEST_REST, time - clock.now());
  }

  /** Begins attempts on the due deliveries; gives the time when the next will be due. */
  async function begin(limit: number, probe: boolean, now: number): Promise<number | null> {
    const claim = await store.claim({
      ...{ webhook: name, order, supersede, now, limit, ahead: probe },
      ...(batch && { batch: { ...batch, length: MOST_TOGETHER } }),
    });
    reportSuperseded(claim);
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
    // More may be due already, and wait for an attempt to end or for the rate: only the next turn can tell.
    if (parcels.length === limit) wake();
    return claim.next;
  }

  function reportSuperseded({ superseded }: Claim): void {
    if (superseded.length === 0) return;
    for (const one of superseded) log.info(...supersededLine(one));
    onSuperseded(name, superseded.length);
  }

  async function send(parcel: Parcel, probe: boolean): Promise<void> {
    const began = clock.now();
    const start = clock.monotonic();
    const { request, deliveries, unsent } = await requestFor(parcel, began);
    const reply = request && (await attempt(request, webhook.timeout, abandon.signal, deps));
    const timing = { began, ended: clock.now(), duration: clock.monotonic() - start, probe };
    const concluded = [
      ...unsent.map(({ delivery, failure }) => {
        return conclude({ ...timing, deliveries: [delivery], reply: { kind: 'unsent', failure } });
      }),
      ...(reply ? [conclude({ ...timing, deliveries, reply })] : []),
    ];
    await slots.together();
    // Before it is recorded, so that the claim that follows shares its durable write.
    slots.free();
    pace.end();
    wake();
    await Promise.all(concluded.map(record));
  }

  /**
   * Works out what follows from an attempt. It counts at once, before it is recorded: after a 410 nothing more is
   * sent.
   */
  function conclude(tried: Tried): Concluded {
    const before = state;
    const outcome = outcomeOf(tried, webhook, before, random);
    state = outcome.webhook;
    const { level, fields, message } = lineOf(tried, outcome, before, webhook);
    log[level](fields, message);
    return { tried, outcome, changed: state !== before };
  }

  async function record({ tried, outcome, changed }: Concluded): Promise<void> {
    await store.settle(outcome.settlements, changed ? [state] : []);
    observe(reportOf(tried, outcome));
  }

  /** A failed store stops the whole process; here this webhook stops. Any other error is a bug and is thrown on. */
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

/** An attempt that is over; `changed`: the state of the webhook has to be recorded too. */
interface Concluded {
  readonly tried: Tried;
  readonly outcome: Outcome;
  readonly changed: boolean;
}

/** Divides claimed deliveries into requests: a batch is one request, otherwise each delivery is. */
function parcelsOf({ deliveries }: Claim, batched: boolean): Parcel[] {
  const [first, ...others] = deliveries;
  if (!first) return [];
  return batched ? [[first, ...others]] : deliveries.map((delivery) => [delivery]);
}
