import { PollhookError } from '../../errors.ts';
import { counted } from '../../lib/units.ts';
import type { Io } from '../io.ts';
import { printable } from '../printable.ts';
import { type ClientOptions, connect } from './client.ts';

export interface SettleOptions extends ClientOptions {
  readonly state?: string;
  readonly webhook?: string;
  readonly source?: string;
  readonly since?: string;
}

/** The answer to one request. */
interface Settled {
  readonly done: number;
  readonly refused: readonly { readonly id: string; readonly detail: string }[];
  readonly next: string | null;
}

/** Ids of one request at most. */
const TOGETHER = 1000;

const DONE = { retry: 'due now', drop: 'dropped' };

/**
 * The commands `retry` and `drop`, for named deliveries or for all that a filter finds. A delivery that is refused
 * does not stop the others. Exit code 1 if there was one.
 */
export async function settle(
  verb: 'retry' | 'drop',
  ids: readonly string[],
  options: SettleOptions,
  io: Io,
): Promise<0 | 1> {
  const { state, webhook, source, since } = options;
  const filter = { state, webhook, source, since };
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if (isFiltered === ids.length > 0 || (isFiltered && state === undefined))
    throw new PollhookError(
      'USAGE',
      `${verb} takes ids of deliveries, or --state with --webhook, --source, --since`,
    );
  const client = connect(options, io);
  const ask = async (body: object) => (await client.post(`deliveries/${verb}`, body)).data as Settled;
  let failed = 0;
  function explain({ refused }: Settled): void {
    failed += refused.length;
    for (const { detail } of refused) io.err(`${printable(detail)}\n`);
  }

  if (isFiltered) {
    let done = 0;
    let after: string | null = null;
    do {
      const came: Settled = await ask({ ...filter, ...(after !== null && { after }) });
      explain(came);
      done += came.done;
      after = came.next;
    } while (after !== null);
    io.out(`${counted(done, 'delivery', 'deliveries')} ${DONE[verb]}\n`);
    return failed > 0 ? 1 : 0;
  }
  for (let at = 0; at < ids.length; at += TOGETHER) {
    const some = ids.slice(at, at + TOGETHER);
    const came = await ask({ ids: some });
    const refused = new Set(came.refused.map(({ id }) => id));
    for (const id of some) if (!refused.has(id)) io.out(`${printable(id)}: ${DONE[verb]}\n`);
    explain(came);
  }
  return failed > 0 ? 1 : 0;
}
