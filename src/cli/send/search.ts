import type { WebhookConfig } from '../../config/document.ts';
import type { Answer, Reply } from '../../deliver/attempt.ts';
import type { DeliveryRequest } from '../../deliver/request.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Experiment, experiments, forged } from './experiments.ts';

/** Statuses with which receivers refuse a signature; 500 because many throw and do not catch. */
const REFUSALS: readonly number[] = [400, 401, 403, 406, 412, 422, 500];

/** Milliseconds for all experiments together. */
const LONGEST = 30_000;

interface Refused {
  readonly webhook: WebhookConfig;
  readonly request: DeliveryRequest;
  readonly reply: Answer;
  /** Seconds that the receiver's clock is ahead of ours; 0 when it is not known. */
  readonly skew: number;
  readonly clock: Clock;
  post(request: DeliveryRequest): Promise<Reply>;
}

/**
 * Finds out why a receiver refuses a test event: sends it with typical mistakes of receivers built in, until one is
 * answered differently.
 */
export async function searchMistake(refused: Refused): Promise<string> {
  const { webhook, request, reply, skew, clock } = refused;
  if (webhook.sign.length === 0)
    return 'the event is not signed (`sign: none`), so the refusal is about something else';
  if (!REFUSALS.includes(reply.status)) return 'the answer says no more; look at the log of the receiver';
  const message = {
    id: request.headers['webhook-id'] ?? '',
    timestamp: Number(request.headers['webhook-timestamp']),
    body: request.body,
    type: request.headers['pollhook-event'] ?? '',
  };
  const again = await tried({ headers: {} }, refused);
  if (again && again.status < 300)
    return 'the same event is accepted when it is sent again: the receiver fails now and then';
  const control = await tried(forged(webhook, message), refused);
  if (again === null || control === null) return 'the receiver no longer answers';
  // If the text of answers to the same message differs, only the status can be compared.
  const isStable = essence(again) === essence(reply);
  const isOther = (answer: Answer) =>
    answer.status !== again.status || (isStable && essence(answer) !== essence(again));
  if (isOther(control)) {
    return control.status < 300
      ? 'it accepts a wrong signature, and refuses the right one: does it verify the signature backwards?'
      : `the signature is right: a wrong one is answered ${quoted(control)}, so the refusal is about something else in the request`;
  }
  const over = clock.monotonic() + LONGEST;
  let count = 0;
  for (const experiment of experiments(webhook, message, skew)) {
    if (clock.monotonic() > over) break;
    const answer = await tried(experiment, refused);
    if (answer === null || answer.status === 429) break;
    count += 1;
    if (answer.status < 300) return `the receiver accepts another signature: ${experiment.says}`;
    if (isOther(answer)) return `another signature is answered ${quoted(answer)}: ${experiment.says}`;
  }
  return `the same event signed in ${count} other ways is refused as well, and so is a wrong signature: the receiver has another secret, or refuses for another reason`;
}

async function tried(
  { headers }: Pick<Experiment, 'headers'>,
  { request, post }: Refused,
): Promise<Answer | null> {
  const reply = await post({ ...request, headers: { ...request.headers, ...headers } });
  return reply.kind === 'answered' ? reply : null;
}

/** The text of an answer without numbers and ids, which differ each time. */
function essence({ excerpt }: Answer): string {
  return excerpt.replaceAll(/[\w-]*\d[\w-]*/g, '#');
}

/** Characters of an answer that are quoted in a sentence. */
const LONGEST_QUOTE = 80;

function quoted({ said, excerpt }: Answer): string {
  const text = excerpt.trim().replaceAll(/\s+/g, ' ').slice(0, LONGEST_QUOTE);
  return text === '' ? said : `${said} ("${text}")`;
}
