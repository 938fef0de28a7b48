import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf, PollhookError } from '../../errors.ts';
import { type Codec, isTemporary, readDocument, readIfThere } from './adapter.ts';
import { type BatchIndex, type BatchKind, batchCodec } from './batch.ts';
import { damagedFile, line } from './document.ts';
import { ARCHIVE_FILE, BATCH_FILE, type Layout, SEGMENT_FILE, SOURCE_FILE } from './layout.ts';
import { notesCodec } from './notes.ts';
import { createScanner } from './reader.ts';
import { type FoundBatch, type FoundSegment, type Problem, type Reconciled, reconcile } from './reconcile.ts';
import { leftBehind } from './rename.ts';
import { formatOf, type Logged, readSegment } from './segment.ts';
import { type SourceHead, sourceCodec } from './snapshot.ts';

/** Everything in a folder, read and verified; nothing is changed. */
export interface Survey extends Reconciled {
  /** Null if there is no state yet. */
  readonly identity: string | null;
  readonly heads: ReadonlyMap<string, SourceHead>;
  /** Heads that still have to be written because a rename was interrupted. */
  readonly left: readonly SourceHead[];
  /** Indexes of all batches, committed or not. */
  readonly indexes: readonly BatchIndex[];
  /** The newest; null if there is none. */
  readonly segment: FoundSegment | null;
  /** Number of the newest document of the history. */
  readonly archive: number;
}

interface StateDocument {
  readonly identity: string;
  readonly created: string;
}

export const stateCodec: Codec<StateDocument> = {
  kind: 'state',
  encode: (state) => [line(state)],
  decode: (bytes) => JSON.parse(bytes.toString()),
};

/** Reads the folder and collects all problems. */
export function survey(layout: Layout): Survey {
  const problems: Problem[] = [];
  const leftovers: string[] = [];

  /** Reads a file; null if that fails, which is added to the problems. */
  function attempt<T>(file: string, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      // The content is invalid although its checksum is right: not written by pollhook.
      problems.push({
        file,
        error: error instanceof PollhookError ? error : damagedFile(file, messageOf(error)),
      });
      return null;
    }
  }

  /** Files whose names match, those with lower numbers first. */
  function list(folder: string, pattern: RegExp): { name: string; file: string }[] {
    const names = attempt(folder, () => namesIn(folder));
    if (!names && identity !== null)
      problems.push({ file: folder, error: damagedFile(folder, 'it is missing') });
    const files = (names ?? []).map((name) => ({ name, file: join(folder, name) }));
    for (const { name, file } of files) if (isTemporary(name)) leftovers.push(file);
    return files.filter(({ name }) => pattern.test(name));
  }

  const scan = createScanner();

  function readBatches(file: string, kind: BatchKind): FoundBatch[] {
    const batches = attempt(file, () => readDocument(file, batchCodec(kind), scan)) ?? [];
    return batches.map(({ lines: _, ...index }) => ({ file, folded: kind === 'history', copy: null, index }));
  }

  function readHeads(): Map<string, SourceHead> {
    const heads = new Map<string, SourceHead>();
    for (const { name, file } of list(layout.sources, SOURCE_FILE)) {
      const head = attempt(file, () => readDocument(file, sourceCodec, scan))?.head;
      if (head && attempt(file, () => checkName(layout, head.source, file, name)))
        heads.set(head.source, head);
    }
    return heads;
  }

  const identity = attempt(layout.state, () => readDocument(layout.state, stateCodec))?.identity ?? null;
  list(layout.folder, NOTHING);
  const segments = list(layout.outbox, SEGMENT_FILE);
  const newest = segments.pop();
  for (const { file } of segments) leftovers.push(file);
  const segment = newest
    ? attempt(newest.file, () => readNewest(newest.file, Number.parseInt(newest.name, 10)))
    : null;
  const archives = list(layout.history, ARCHIVE_FILE);
  const history = archives.flatMap(({ file }) => readBatches(file, 'history'));
  const spool = list(layout.spool, BATCH_FILE).flatMap(({ file }) => readBatches(file, 'batch'));
  // Read after the batches, so that batches committed during the survey are counted.
  const heads = readHeads();
  const left = leftBehind(heads);
  for (const head of left) heads.set(head.source, head);
  const notes = attempt(layout.polls, () => readDocument(layout.polls, notesCodec)) ?? [];
  if (identity !== null && !newest) {
    problems.push({ file: layout.outbox, error: damagedFile(layout.outbox, 'the journal is missing') });
  }

  const reconciled = reconcile(layout, { identity, heads, history, spool, segment, notes });
  return {
    identity,
    heads,
    left,
    indexes: [...history, ...spool].map(({ index }) => index),
    segment,
    archive: Number.parseInt(archives.at(-1)?.name ?? '0', 10),
    notes,
    batches: reconciled.batches,
    leftovers: [...leftovers, ...reconciled.leftovers],
    // With an unreadable document the others seem inconsistent: only the unreadable one is reported.
    problems: problems.length > 0 ? problems : reconciled.problems,
  };
}

/**
 * The same without the lock: a running daemon may replace a document between two reads, so problems are checked once
 * more.
 */
export function surveyUnlocked(layout: Layout): Survey {
  for (let before: string | null = null; ; ) {
    const found = survey(layout);
    const problems = found.problems.map(({ error }) => error.message).join('\n');
    const whole = problems === '' && (found.identity === null || found.segment !== null);
    if (whole || problems === before) return found;
    before = problems;
  }
}

const NOTHING = /^(?!)/;

/** Checks that a document is that of the source whose file it is. */
function checkName(layout: Layout, source: string, file: string, name: string): true {
  if (basename(layout.source(source)) !== name)
    throw damagedFile(file, `it is the document of source ${source}`);
  return true;
}

function readNewest(file: string, number: number): FoundSegment | null {
  const bytes = readIfThere(file);
  if (!bytes) return null;
  const entries: Logged[] = [];
  const lines = readSegment(bytes, file);
  for (;;) {
    const { done, value } = lines.next();
    if (done) return { number, format: formatOf(bytes), length: value, entries };
    entries.push(value);
  }
}

/** File names of a folder, numbers sorted by value; null if there is no such folder. */
export function namesIn(folder: string): string[] | null {
  try {
    return readdirSync(folder).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new PollhookError('STATE_UNAVAILABLE', `${folder}: ${messageOf(error)}`, { cause: error });
  }
}
