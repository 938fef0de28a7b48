import { isObject, member, parseJson } from '../../lib/json.ts';
import type { ChangeEvent, Json, JsonObject } from '../../model.ts';

/** The standard body as JSON, every digit kept. */
export function envelopeOf({ body }: ChangeEvent): JsonObject {
  const envelope = parseJson(body);
  if (!isObject(envelope)) throw new Error('the body of an event is not a JSON object');
  return envelope;
}

/** The `data` of the standard body. */
export function dataOf(event: ChangeEvent): string {
  return JSON.stringify(member(envelopeOf(event), 'data') ?? null);
}

/**
 * The record alone: the result of a rule's `data`, else the current record, or the last known one of a deleted record.
 * Operational events have no record, so their whole `data` is given.
 */
export function recordOf(event: ChangeEvent): string {
  const data = member(envelopeOf(event), 'data') ?? null;
  return JSON.stringify(isObject(data) ? recordIn(data, event) : data);
}

function recordIn(data: JsonObject, { change }: ChangeEvent): Json {
  const order = change === 'deleted' ? ['record', 'previous'] : ['record', 'current'];
  const name = order.find((one) => Object.hasOwn(data, one));
  return name === undefined ? data : (member(data, name) ?? null);
}
