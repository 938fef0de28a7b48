import { join } from 'node:path';

/** The paths of all files in the folder of the state. */
export interface Layout {
  readonly folder: string;
  readonly state: string;
  readonly polls: string;
  readonly lock: string;
  readonly sources: string;
  readonly spool: string;
  readonly outbox: string;
  readonly history: string;
  source(name: string): string;
  batch(source: string, first: number, last: number): string;
  segment(number: number): string;
  archive(number: number): string;
}

/** The `@` is that of the source of operational events, which no configuration can name. */
const SOURCE_NAME = /^@?[A-Za-z0-9_-]{1,64}$/;

export const SOURCE_FILE = /^@?[A-Za-z0-9_~-]+\.json$/;
export const BATCH_FILE = /^@?[A-Za-z0-9_~-]+\.(\d{12})-(\d{12})\.json$/;
export const SEGMENT_FILE = /^(\d{6,})\.jsonl$/;
export const ARCHIVE_FILE = /^(\d{6,})\.json$/;

export function layoutOf(folder: string): Layout {
  const sources = join(folder, 'sources');
  const spool = join(folder, 'spool');
  const outbox = join(folder, 'outbox');
  const history = join(folder, 'history');
  return {
    folder,
    state: join(folder, 'state.json'),
    polls: join(folder, 'polls.json'),
    lock: join(folder, 'lock'),
    sources,
    spool,
    outbox,
    history,
    source: (name) => join(sources, `${fileName(name)}.json`),
    // Padded, so that a list of names is in the order of the sequence.
    batch: (source, first, last) =>
      join(spool, `${fileName(source)}.${padded(first, 12)}-${padded(last, 12)}.json`),
    segment: (number) => join(outbox, `${padded(number, 6)}.jsonl`),
    archive: (number) => join(history, `${padded(number, 6)}.json`),
  };
}

/**
 * The file name of a source. For one with capitals, `Name~BITS` with a bit for each capital, so that `desk` and
 * `DESK` are different files on case-insensitive file systems, too.
 */
function fileName(source: string): string {
  if (!SOURCE_NAME.test(source))
    throw new RangeError(`${JSON.stringify(source)} is not the name of a source`);
  const capitals = [...source].reduce(
    (bits, letter, at) => (/[A-Z]/.test(letter) ? bits | (1n << BigInt(at)) : bits),
    0n,
  );
  return capitals === 0n ? source : `${source}~${capitals.toString(16)}`;
}

function padded(number: number, length: number): string {
  return String(number).padStart(length, '0');
}
