import type { Visit } from '../lib/http/auth/access.ts';
import type { Validators } from '../model.ts';
import { codings, decompress } from './decompress.ts';
import { type Arrival, follow, type Journey } from './follow.ts';
import type { Patience } from './patience.ts';

/** A token or session is renewed once; a digest may be asked for twice, if the server calls the first one stale. */
const MOST_RENEWALS = 2;

/** Asks, and asks once more from the start when the answer shows that the credentials were no longer good. */
export function reach(journey: Journey, validators: Validators | null, patience: Patience): Promise<Arrival> {
  const visit = journey.visit?.() ?? null;
  return visit ? renewing(visit, journey, validators, patience) : follow(journey, null, validators, patience);
}

async function renewing(
  visit: Visit,
  journey: Journey,
  validators: Validators | null,
  patience: Patience,
): Promise<Arrival> {
  for (let renewals = 0; ; renewals += 1) {
    const arrival = await follow(journey, visit, validators, patience);
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
