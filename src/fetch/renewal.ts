import type { Visit } from '../lib/http/auth/access.ts';
import type { Validators } from '../model.ts';
import { codings, decompress } from './decompress.ts';
import { type Arrival, follow, type Journey } from './follow.ts';
import type { PausableDeadline } from './pausable-deadline.ts';

/** A token or session is renewed once; a digest may need two, if the server calls the first nonce stale. */
const MOST_RENEWALS = 2;

/** Follows a request, and follows it again from the start when the answer shows that the credentials have expired. */
export function followWithRenewal(
  journey: Journey,
  validators: Validators | null,
  deadline: PausableDeadline,
): Promise<Arrival> {
  const visit = journey.visit?.() ?? null;
  return visit ? renewing(visit, journey, validators, deadline) : follow(journey, null, validators, deadline);
}

async function renewing(
  visit: Visit,
  journey: Journey,
  validators: Validators | null,
  deadline: PausableDeadline,
): Promise<Arrival> {
  for (let renewals = 0; ; renewals += 1) {
    const arrival = await follow(journey, visit, validators, deadline);
    const { exchange, request } = arrival;
    if (exchange.kind !== 'answer' || renewals === MOST_RENEWALS) return arrival;
    const { status, headers, body } = exchange;
    const text = async () => {
      const plain = await decompress(body.bytes, codings(headers['content-encoding']), journey.limit);
      return plain.kind === 'body' ? plain.body.bytes.toString() : '';
    };
    const stranger = request.origin !== journey.first.origin;
    const refused = await visit.refused({ status, headers, stranger, text });
    if (refused === false) return arrival;
    if (refused !== true) return { ...arrival, exchange: refused };
  }
}
