import { randomBytes } from 'node:crypto';
import type { Dispatcher as HttpDispatcher } from 'undici';
import type { WebhookConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import type { Access } from '../lib/http/auth/access.ts';
import type { Redactor } from '../lib/redact.ts';
import { attempt, type Reply } from './attempt.ts';
import { meaningOf } from './meaning.ts';
import { createRequests } from './request.ts';
import { testDelivery, testEvent } from './test-event.ts';

/** The result of a test event. */
export interface Trial {
  readonly event_id: string;
  readonly outcome: 'delivered' | 'failed';
  readonly status: number | null;
  readonly duration_ms: number;
  readonly error: string | null;
  readonly answer: string | null;
}

export interface TrialDeps {
  readonly http: HttpDispatcher;
  readonly access: Access | null;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly version: string;
}

/** Sends a test event to a webhook once, the way the daemon sends events. Nothing is stored. */
export async function tryOut(webhook: WebhookConfig, deps: TrialDeps): Promise<Trial> {
  const { clock, version } = deps;
  const now = clock.now();
  const began = clock.monotonic();
  const event = testEvent(`evt_test_${randomBytes(12).toString('base64url')}`, now);
  const { request, unsent } = await createRequests(webhook, version)(
    [testDelivery(event, webhook.name)],
    now,
  );
  const reply: Reply = request
    ? await attempt(request, webhook.timeout, new AbortController().signal, deps)
    : { kind: 'unsent', failure: unsent[0].failure };
  const meaning = meaningOf(reply, [], now);
  return {
    event_id: event.id,
    outcome: meaning.kind === 'delivered' ? 'delivered' : 'failed',
    status: reply.kind === 'answered' ? reply.status : null,
    duration_ms: Math.round(clock.monotonic() - began),
    error: 'failure' in meaning ? meaning.failure.message : null,
    answer: reply.kind === 'answered' ? reply.excerpt : null,
  };
}
