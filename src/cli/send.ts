import { randomBytes } from 'node:crypto';
import type { Config, WebhookConfig } from '../config/document.ts';
import { attempt, type Reply } from '../deliver/attempt.ts';
import { meaningOf } from '../deliver/meaning.ts';
import { createRequests, type DeliveryRequest } from '../deliver/request.ts';
import { testDelivery, testEvent } from '../deliver/test-event.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createAccesses } from '../lib/http/auth/accesses.ts';
import { createTransports, routeOf } from '../lib/http/transport.ts';
import { VERSION } from '../lib/version.ts';
import type { Io } from './io.ts';
import { load } from './load.ts';
import { hintsOf, skewOf } from './send/hints.ts';
import { publicKeys, type SendReport, sendText } from './send/report.ts';
import { searchMistake } from './send/search.ts';
import { unknownName } from './unknown-name.ts';

export interface SendOptions {
  readonly config: string;
  /** Sends the event and nothing more. */
  readonly once?: boolean;
  readonly json?: boolean;
}

/**
 * The command `send`: delivers a test event as the daemon would, prints the answer, and finds out why if it is
 * refused. Exit code 0 if it was delivered, else 1.
 */
export async function send(
  name: string,
  options: SendOptions,
  io: Io,
  clock: Clock = systemClock,
): Promise<0 | 1> {
  const { config, redactor } = load(options.config, io);
  const webhook = webhookOf(config, name);
  const event = testEvent(`evt_test_${randomBytes(12).toString('base64url')}`, clock.now());
  await using transports = createTransports();
  const http = transports.dispatcher(routeOf(webhook));
  const access = createAccesses(clock, redactor).of(webhook.auth);
  const never = new AbortController().signal;
  const post = (request: DeliveryRequest): Promise<Reply> =>
    attempt(request, webhook.timeout, never, { http, access, clock, redactor });
  const now = clock.now();
  const began = clock.monotonic();
  const requestFor = createRequests(webhook, VERSION);
  const { request, unsent } = await requestFor([testDelivery(event, webhook.name)], now);
  const reply: Reply = request ? await post(request) : { kind: 'unsent', failure: unsent[0].failure };
  const duration = Math.round(clock.monotonic() - began);
  const meaning = meaningOf(reply, [], now);
  const delivered = meaning.kind === 'delivered';
  const hints = delivered ? [] : hintsOf(reply, webhook, now);
  if (hints.length === 0 && request && reply.kind === 'answered' && !delivered && !options.once) {
    const says = await searchMistake({ webhook, request, reply, skew: skewOf(reply, now), post, clock });
    hints.push(says);
  }
  const report: SendReport = {
    webhook: name,
    event_id: event.id,
    type: event.type,
    outcome: delivered ? 'delivered' : 'failed',
    status: reply.kind === 'answered' ? reply.status : null,
    duration_ms: duration,
    error: 'failure' in meaning ? meaning.failure.message : null,
    answer: reply.kind === 'answered' ? reply.excerpt : null,
    public_keys: publicKeys(webhook),
    hints: hints.map((hint) => redactor.redact(hint)),
  };
  io.out(options.json ? `${JSON.stringify(report)}\n` : redactor.redact(sendText(report, webhook)));
  return delivered ? 0 : 1;
}

function webhookOf({ webhooks, file }: Config, name: string): WebhookConfig {
  const webhook = webhooks.get(name);
  if (webhook) return webhook;
  throw unknownName('webhook', [name], [...webhooks.keys()], ` in ${file}`);
}
