import { hash } from 'node:crypto';
import type { WebhookConfig } from '../config/document.ts';
import type { WebhookState } from '../model.ts';

/** What a webhook may do now: take up to `limit` deliveries, or wait until a time (null: until something happens). */
export type Turn =
  | { readonly act: 'claim'; readonly limit: number; readonly probe: boolean }
  | { readonly act: 'wait'; readonly until: number | null };

/** Pauses are capped at this, so a time further ahead shows that the clock was set back since. */
const LONGEST_PAUSE = 24 * 3_600_000;

/** What the webhook's `rate` allows: how many attempts may begin now, and when (Unix milliseconds) the next may. */
export interface Headroom {
  readonly room: number;
  readonly opens: number;
}

/**
 * Decides what a webhook may do now.
 *
 * @param sending attempts under way
 * @param now Unix milliseconds
 */
export function turnOf(
  webhook: WebhookConfig,
  state: WebhookState,
  sending: number,
  headroom: Headroom,
  now: number,
): Turn {
  if (!webhook.enabled || state.held) return { act: 'wait', until: null };
  const probe = state.probe?.at ?? 0;
  const resumes = Math.max(
    state.pausedUntil - now > LONGEST_PAUSE ? 0 : state.pausedUntil,
    // Jitter adds a tenth at most.
    probe - now > webhook.probe.max * 1.1 ? 0 : probe,
  );
  if (resumes > now) return { act: 'wait', until: resumes };
  // Batches go one after another, so that each record keeps its order.
  const slots = (state.probe || webhook.batch ? 1 : webhook.concurrency) - sending;
  if (slots <= 0) return { act: 'wait', until: null };
  if (headroom.room <= 0) return { act: 'wait', until: headroom.opens };
  return { act: 'claim', limit: Math.min(slots, headroom.room), probe: state.probe !== null };
}

/**
 * The state of a webhook when the process starts: the stored one, except that a held or failing webhook is probed at
 * once, since operators restart after a repair. With another url it starts from a blank state.
 */
export function stateAtStart(
  webhook: WebhookConfig,
  stored: WebhookState | undefined,
  now: number,
): WebhookState {
  if (!stored || isElsewhere(webhook, stored)) {
    return {
      name: webhook.name,
      target: targetOf(webhook),
      failures: 0,
      pausedUntil: 0,
      probe: null,
      held: null,
    };
  }
  return released(stored, now);
}

/** Whether the stored state belongs to another url. */
export function isElsewhere(webhook: WebhookConfig, { target }: WebhookState): boolean {
  return target !== targetOf(webhook);
}

function targetOf({ url }: WebhookConfig): string {
  return hash('sha256', url, 'base64url').slice(0, 22);
}

/** A held or failing webhook gets a single attempt at once, because somebody says that it is repaired. */
export function released(state: WebhookState, now: number): WebhookState {
  if (!state.held && !state.probe) return state;
  return { ...state, held: null, probe: { at: now, failed: state.probe?.failed ?? 0 } };
}
