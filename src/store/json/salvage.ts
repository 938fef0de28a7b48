import { basename, resolve } from 'node:path';
import type { PollhookError } from '../../errors.ts';
import type { Salvaged } from '../contract.ts';
import { acquireLock } from '../lock.ts';
import { publish, readIfThere, type Shelf } from './adapter.ts';
import { type Disk, systemDisk } from './disk.ts';
import { damagedFile, lineStarts, sealDocument } from './document.ts';
import { createGuard } from './guard.ts';
import { type Layout, layoutOf, SOURCE_FILE } from './layout.ts';
import { type SourceHead, sourceCodec } from './snapshot.ts';
import { type Survey, survey, surveyUnlocked } from './survey.ts';

/** A gap in the numbers that is easily seen to be one, and wider than what a lost document may have counted further. */
const GAP = 1_000_000;

/** Every source that a folder tells of, damaged documents included; null if there is no state. */
export function sourcesInFolder(folder: string): string[] | null {
  const layout = layoutOf(resolve(folder));
  const { identity, heads, notes, indexes, problems } = surveyUnlocked(layout);
  if (identity === null && problems.length === 0) return null;
  const broken = problems.flatMap(({ file }) => sourceOf(layout, file) ?? []);
  const named = [...notes.map(({ source }) => source), ...indexes.map(({ source }) => source)];
  return [...new Set([...heads.keys(), ...named, ...broken])].sort();
}

/**
 * Gives the named sources whose documents are damaged or missing a fresh one, and keeps what was there beside it. Nothing
 * is done, and the first problem is thrown, unless all that is wrong with the folder are documents of these sources.
 */
export async function salvageJson(
  folder: string,
  names: readonly string[],
  disk: Disk = systemDisk,
): Promise<Salvaged[]> {
  const layout = layoutOf(resolve(folder));
  await using _lock = await acquireLock(layout.lock);
  const found = survey(layout);
  const files = new Set(names.map((name) => layout.source(name)));
  const elsewhere = found.problems.find(
    ({ file, error }) => !files.has(file) || error.code !== 'STATE_DAMAGED',
  );
  if (elsewhere) throw explain(layout, elsewhere.file, elsewhere.error);
  const guard = createGuard(() => undefined);
  const broken = new Set(found.problems.map(({ file }) => file));
  const salvaged: Salvaged[] = [];
  for (const name of names) {
    if (broken.delete(layout.source(name))) salvaged.push(await renew(layout, found, name, { disk, guard }));
  }
  return salvaged;
}

/** What is damaged is kept first, and replaced in one step: in between, the source never looks as if it were new. */
async function renew(layout: Layout, found: Survey, name: string, shelf: Shelf): Promise<Salvaged> {
  const file = layout.source(name);
  const bytes = readIfThere(file);
  const kept = bytes && freeName(`${file}.damaged`);
  if (kept) await publish(shelf, kept, [bytes]);
  const told = found.heads.get(name) ?? (bytes && headIn(bytes, name));
  const head = told ? above(told, found) : beyond(name, found);
  await publish(shelf, file, sealDocument('source', sourceCodec.encode({ head, records: [] })));
  return { source: name, kept, next: head.sequence + 1, gap: !told };
}

/** The events that are there count, too: the document may be an older one. */
function above(told: SourceHead, found: Survey): SourceHead {
  const { source, version, revision, lineage } = told;
  const sequence = Math.max(told.sequence, lastEvent(found, source));
  return {
    source,
    revision: revision + 1,
    version,
    sequence,
    snapshot: null,
    note: null,
    ...(lineage !== undefined && { lineage }),
  };
}

/** The newest events may be gone before older ones, so those that are there do not tell how far the numbers came. */
function beyond(source: string, found: Survey): SourceHead {
  const noted = found.notes.filter((one) => one.source === source).map(({ revision }) => revision);
  const known = Math.max(lastEvent(found, source), ...noted);
  const number = Math.ceil((known + 1) / GAP) * GAP;
  return { source, revision: number, version: number, sequence: number, snapshot: null, note: null };
}

function lastEvent({ indexes }: Survey, source: string): number {
  const events = indexes.filter((index) => index.source === source).flatMap((index) => index.events);
  return events.reduce((last, { sequence }) => Math.max(last, sequence), 0);
}

/** The head of a damaged document, its second line, if that can still be read. */
function headIn(bytes: Buffer, name: string): SourceHead | null {
  const [, start = 0, end = 0] = lineStarts(bytes);
  try {
    const head: Partial<SourceHead> | null = JSON.parse(bytes.toString('utf8', start, end));
    const numbers = [head?.revision, head?.version, head?.sequence];
    const whole = numbers.every((number) => Number.isSafeInteger(number) && Number(number) >= 0);
    return head?.source === name && whole ? (head as SourceHead) : null;
  } catch {
    return null;
  }
}

/** The source whose document this file is. */
function sourceOf(layout: Layout, file: string): string | null {
  const name = basename(file).replace(/(~[0-9a-f]+)?\.json$/, '');
  if (!SOURCE_FILE.test(basename(file)) || !/^@?[A-Za-z0-9_-]{1,64}$/.test(name)) return null;
  return layout.source(name) === file ? name : null;
}

function freeName(file: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? file : `${file}-${number}`;
    if (readIfThere(name) === null) return name;
  }
}

function explain(layout: Layout, file: string, error: PollhookError): PollhookError {
  const source = sourceOf(layout, file);
  if (error.code !== 'STATE_DAMAGED') return error;
  const why = error.message.replace(`${file}: `, '');
  return damagedFile(
    file,
    source === null
      ? `${why}; a reset helps only with documents of sources, so restore the folder from a backup`
      : `${why}; reset ${source}, too`,
  );
}
