import type { WebhookConfig } from '../config/document.ts';
import { jittered, type Random } from '../lib/random.ts';
import type { Attempt, AttemptOutcome, Delivery, WebhookState } from '../model.ts';
import type { Settlement } from '../store/contract.ts';
import type { Reply } from './attempt.ts';
import { type Meaning, meaningOf } from './meaning.ts';
import type { Parcel } from './request.ts';

/** Failed attempts in a row after which a webhook is failing. */
const FAILING_AFTER = 5;

export function isFailing(state: WebhookState): boolean {
  return state.failures >= FAILING_AFTER;
}

/** An attempt that has ended. Times are Unix milliseconds, the duration milliseconds. */
export interface Tried {
  readonly deliveries: Parcel;
  readonly reply: Reply;
  readonly began: number;
  readonly ended: number;
  readonly duration: number;
  /** Whether it was the single attempt that probes a failing webhook. */
  readonly probe: boolean;
}

/** The consequences of an attempt, for its deliveries and for their webhook. */
export interface Outcome {
  readonly meaning: Meaning;
  readonly attempt: Attempt;
  /** One for each delivery, in their order. */
  readonly settlements: readonly [Settlement, ...Settlement[]];
  /** The same object as before when nothing changed. */
  readonly webhook: WebhookState;
}

/**
 * Works out the consequences of an attempt. `state` is that of the webhook when the attempt ended, not when it began.
 */
export function outcomeOf(
  tried: Tried,
  webhook: WebhookConfig,
  state: WebhookState,
  random: Random,
): Outcome {
  const meaning = meaningOf(tried.reply, webhook.retry.permanent, tried.ended);
  const next = stateAfter(meaning, tried, webhook, state, random);
  const attempt = attemptOf(meaning, tried);
  // One draw for all: the deliveries of a batch stay together.
  const chance = random();
  const settle = (delivery: Delivery): Settlement => ({
    delivery: delivery.id,
    attempt,
    ...fateOf(meaning, delivery, tried, webhook, () => chance),
  });
  const [first, ...others] = tried.deliveries;
  return { meaning, attempt, settlements: [settle(first), ...others.map(settle)], webhook: next };
}

const OUTCOMES: Readonly<Record<Meaning['kind'], AttemptOutcome>> = {
  delivered: 'delivered',
  limited: 'limited',
  gone: 'failed',
  failed: 'failed',
  refused: 'failed',
  unsent: 'failed',
  unknown: 'unknown',
};

function attemptOf(meaning: Meaning, { reply, began, duration }: Tried): Attempt {
  return {
    at: began,
    outcome: OUTCOMES[meaning.kind],
    status: reply.kind === 'answered' ? reply.status : null,
    duration,
    error: 'failure' in meaning ? meaning.failure.message : null,
    answer: reply.kind === 'answered' ? reply.excerpt : null,
  };
}

type Fate = Pick<Settlement, 'state' | 'steps' | 'nextAttempt'>;

function fateOf(
  meaning: Meaning,
  { steps, nextAttempt }: Delivery,
  { began, ended }: Tried,
  { retry: { schedule } }: WebhookConfig,
  random: Random,
): Fate {
  switch (meaning.kind) {
    case 'delivered':
      return { state: 'delivered', steps, nextAttempt };
    case 'refused':
    case 'unsent':
      return { state: 'dead', steps, nextAttempt };
    // In these cases the webhook waits, not the delivery, which is due as soon as somebody ends that.
    case 'limited':
    case 'gone':
    case 'unknown':
      return { state: 'pending', steps, nextAttempt };
    case 'failed': {
      // A probe ahead of the delivery's own time says nothing about the event and uses no step.
      if (began < nextAttempt) return { state: 'pending', steps, nextAttempt };
      const wait = schedule[steps];
      if (wait === undefined) return { state: 'dead', steps, nextAttempt };
      return { state: 'pending', steps: steps + 1, nextAttempt: ended + jittered(wait, random) };
    }
  }
}

function stateAfter(
  meaning: Meaning,
  { ended, probe }: Tried,
  webhook: WebhookConfig,
  state: WebhookState,
  random: Random,
): WebhookState {
  const probing = () => nextProbe(state, webhook.probe, ended, probe, random);
  switch (meaning.kind) {
    case 'delivered':
      return state.failures === 0 && !state.probe ? state : { ...state, failures: 0, probe: null };
    case 'limited': {
      if (meaning.pause !== null)
        return { ...state, pausedUntil: Math.max(state.pausedUntil, ended + meaning.pause) };
      const next = probing();
      return { ...state, probe: next, pausedUntil: Math.max(state.pausedUntil, next.at) };
    }
    case 'gone':
      if (state.held) return state;
      return { ...state, held: { since: ended, reason: meaning.failure.message } };
    case 'failed':
    case 'refused': {
      const failed = { ...state, failures: state.failures + 1 };
      return state.probe || isFailing(failed) ? { ...failed, probe: probing() } : failed;
    }
    case 'unsent':
    case 'unknown':
      return state;
  }
}

/** The first probe, or the one after a failed probe. Attempts that began before the probing do not put it off. */
function nextProbe(
  { probe: current }: WebhookState,
  { first, factor, max }: WebhookConfig['probe'],
  now: number,
  probed: boolean,
  random: Random,
): NonNullable<WebhookState['probe']> {
  if (current && !probed) return current;
  const failed = current ? current.failed + 1 : 0;
  return { at: now + jittered(Math.min(max, first * factor ** failed), random), failed };
}
