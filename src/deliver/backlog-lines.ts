import type { WebhookConfig } from '../config/document.ts';
import { counted } from '../lib/units.ts';
import type { WebhookState } from '../model.ts';
import type { Backlog } from '../store/contract.ts';
import { isFailing } from './outcome.ts';
import type { LogLine } from './report.ts';

/** Log lines about the webhooks that deliveries are waiting for when the process starts, and why they wait. */
export function backlogLines(
  webhooks: ReadonlyMap<string, WebhookConfig>,
  states: ReadonlyMap<string, WebhookState>,
  isPaused: (webhook: string) => boolean,
  backlog: readonly Backlog[],
): LogLine[] {
  return backlog.flatMap(({ webhook: name, pending }) => {
    if (pending === 0) return [];
    const [level, why] = isPaused(name) ? PAUSED : reasonOf(webhooks.get(name), states.get(name));
    return [
      {
        level,
        fields: { webhook: name },
        message: `${counted(pending, 'delivery', 'deliveries')} waiting: ${why}`,
      },
    ];
  });
}

type Reason = readonly [level: LogLine['level'], why: string];

const PAUSED: Reason = ['warn', 'the webhook is paused; they are kept until it is resumed'];

function reasonOf(webhook: WebhookConfig | undefined, state: WebhookState | undefined): Reason {
  if (!webhook)
    return ['warn', 'there is no such webhook in the configuration; they are kept until it returns'];
  if (!webhook.enabled) return ['warn', 'the webhook is disabled; they are kept until it is enabled'];
  if (state?.held) return ['warn', `it was held (${state.held.reason}); one is tried now`];
  if (state && isFailing(state))
    return ['warn', `it failed ${state.failures} times in a row; one is tried now`];
  return ['info', 'left from before'];
}
