import type { WebhookConfig } from '../config/document.ts';
import type { WebhookState } from '../model.ts';

/** What a webhook may do now: take up to `limit` deliveries, or wait until a time (null: until something happens). */
export type Turn =
  | { readonly act: 'claim'; readonly limit: number; readonly probe: boolean }
  | { readonly act: 'wait'; readonly until: number | null };

/**
 * @param sending attempts under way
 * @param now Unix milliseconds
 */
export function turnOf(webhook: WebhookConfig, state: WebhookState, sending: number, now: number): Turn {
  if (!webhook.enabled || state.held) return { act: 'wait', until: null };
  const resumes = Math.max(state.pausedUntil, state.probe?.at ?? 0);
  if (resumes > now) return { act: 'wait', until: resumes };
  const limit = state.probe ? 1 - sending : webhook.concurrency - sending;
  return limit > 0 ? { act: 'claim', limit, probe: state.probe !== null } : { act: 'wait', until: null };
}

/**
 * How a webhook stands when the process starts. A held one is tried once more: with a single probe if its url is
 * the one that was gone, else as a new one.
 */
export function stateAtStart(
  webhook: WebhookConfig,
  stored: WebhookState | undefined,
  now: number,
): WebhookState {
  const fresh = { name: webhook.name, failures: 0, pausedUntil: 0, probe: null, held: null };
  if (!stored) return fresh;
  if (!stored.held) return stored;
  return stored.held.url === webhook.url ? { ...stored, held: null, probe: { at: now, failed: 0 } } : fresh;
}
