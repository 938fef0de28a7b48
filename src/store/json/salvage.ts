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

/** A gap in sequence numbers: easily recognised, and wider than what a lost document may have counted. */
const GAP = 1_000_000;

/** All sources in a folder, with damaged documents included; null if there is no state. */
export function sourcesInFolder(folder: string): string[] | null {
  const layout = layoutOf(resolve(folder));
  const { identity, heads, notes, indexes, problems } = surveyUnlocked(layout);
  if (identity === null && problems.length === 0) return null;
  const broken = problems.flatMap(({ file }) => sourceOf(layout, file) ?? []);
  const named = [...notes.map(({ source }) => source), ...indexes.map(({ source }) => source)];
  return [...new Set([...heads.keys(), ...named, ...broken])].sort();
}

/**
 * Replaces damaged or missing documents of the named sources by fresh ones, and keeps the damaged ones beside them.
 * If anything else in the folder is damaged, nothing is done and the first problem is thrown.
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

/** Keeps the damaged document first, then replaces it in one step, so that the source never looks new in between. */
async function renew(layout: Layout, found: Survey, name: string, shelf: Shelf): Promise<Salvaged> {
  const file = layout.source(name);
  const bytes = readIfThere(file);
  const kept = bytes && freeName(`${file}.damaged`);
  if (kept) await publish(shelf, kept, [bytes]);
  const stored = found.heads.get(name) ?? (bytes && headIn(bytes, name));
  const head = stored ? above(stored, found) : beyond(name, found);
  await publish(shelf, file, sealDocument('source', sourceCodec.encode({ head, records: [] })));
  return { source: name, kept, next: head.sequence + 1, gap: !stored };
}

/** A head whose sequence is at least that of the existing events: the document may be an older one. */
function above(stored: SourceHead, found: Survey): SourceHead {
  const { source, version, revision, lineage } = stored;
  const sequence = Math.max(stored.sequence, lastEvent(found, source));
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

/**
 * A head with a gap in the sequence: retention may have removed the newest events, so that the existing ones do not
 * show the last number.
 */
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

/** The head of a damaged document, its second line, if it is still readable. */
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
