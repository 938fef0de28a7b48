import { hash } from 'node:crypto';
import type { ChangeKind } from '../model.ts';
import type { ClaimRequest } from './contract.ts';
import { type Due, dueSince } from './due.ts';

/** A pending delivery that may join a batch. */
export interface Candidate extends Pick<Due, 'created' | 'nextAttempt'> {
  readonly id: string;
  readonly batch: string | null;
  readonly event: string;
  readonly source: string;
  readonly key: string | null;
  readonly change: ChangeKind;
  readonly type: string;
}

/** The members of the next batch, or when it is due. */
export type Plan<T> =
  | { readonly kind: 'wait'; readonly until: number }
  | {
      readonly kind: 'send';
      readonly batch: string;
      readonly members: readonly T[];
      readonly superseded: readonly { readonly one: T; readonly by: string }[];
    };

/**
 * Plans a new batch.
 *
 * @param oldest the oldest pending deliveries without a batch, in the order of commits, at most `max`
 * @param lengthOf characters of the body
 */
export function planBatch<T extends Candidate>(
  oldest: readonly T[],
  request: ClaimRequest,
  lengthOf: (one: T) => number,
): Plan<T> | null {
  const { now, ahead = false, batch: { max, length, wait } = { max: 1, length: 0, wait: 0 } } = request;
  const [first] = oldest;
  if (!first) return null;
  if (!ahead && first.nextAttempt > now) return { kind: 'wait', until: first.nextAttempt };
  let room = length;
  const end = oldest.findIndex((one) => {
    const joins = one.batch === null && (one === first || one.nextAttempt <= now);
    if (joins) room -= lengthOf(one);
    return !joins || (room < 0 && one !== first);
  });
  const run = end < 0 ? oldest : oldest.slice(0, end);
  const waited = now - dueSince(first);
  // After the clock was set back nothing has to wait longer.
  if (run.length < max && end < 0 && !ahead && waited >= 0 && waited < wait) {
    return { kind: 'wait', until: dueSince(first) + wait };
  }
  const superseded = request.supersede
    ? run.flatMap((one, index) => {
        const by = replacement(one, sameRecord(one, run.slice(index + 1)));
        return by === null ? [] : [{ one, by }];
      })
    : [];
  const members = run.filter((one) => !superseded.some((needless) => needless.one === one));
  return { kind: 'send', batch: batchId(members.map(({ id }) => id)), members, superseded };
}

/** The same deliveries always make the same batch: receivers that remember ids recognise it. */
function batchId(deliveries: readonly string[]): string {
  return `bat_${hash('sha256', JSON.stringify(deliveries), 'base64url').slice(0, 22)}`;
}

interface Update {
  readonly event: string;
  readonly change: ChangeKind;
  readonly type: string;
}

/**
 * The event that supersedes an update, if there is one: a newer update of the same type, with only updates in
 * between.
 */
export function replacement(
  { change, type }: Pick<Update, 'change' | 'type'>,
  newer: Iterable<Update>,
): string | null {
  if (change !== 'updated') return null;
  for (const one of newer) {
    if (one.change !== 'updated') return null;
    if (one.type === type) return one.event;
  }
  return null;
}

function sameRecord<T extends Candidate>({ source, key }: T, others: readonly T[]): T[] {
  return others.filter((other) => other.source === source && other.key === key);
}
