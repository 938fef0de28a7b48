import { isMainThread, parentPort } from 'node:worker_threads';
import { Thread } from '../lib/thread.ts';
import { NAMES } from './format.ts';
import { createHtmlParser, type HtmlOptions } from './html/html.ts';
import { type Parsed, refused } from './parsed.ts';
import { createTextParser, type TextOptions } from './text.ts';

/** An answer in a format that may take unbounded time to parse: selectors and patterns come from the configuration. */
export type Job =
  | { readonly format: 'html'; readonly options: HtmlOptions; readonly answer: string }
  | { readonly format: 'text'; readonly options: TextOptions; readonly answer: string };

/** Time limits in milliseconds: a pattern may backtrack for ever on a short text, while a large page is honest work. */
const LONGEST = { html: 10_000, text: 1_000 };

/** The thread runs this very file. */
const thread = new Thread<Job, Parsed>(import.meta.filename);

/** Parses an answer on a thread of its own, which is terminated if it takes too long or too much memory. */
export async function parseOnThread(job: Job): Promise<Parsed> {
  const limit = LONGEST[job.format];
  const done = await thread.run(job, limit);
  if (done.kind === 'done') return done.result;
  const what = job.format === 'text' ? 'finding the pattern' : `reading the ${NAMES[job.format]}`;
  const why = done.kind === 'late' ? `longer than ${limit / 1000} s` : 'more memory than there is for it';
  return refused('DECODE_LIMIT', `${what} took ${why}`);
}

/** Parses an answer on the calling thread. */
export function parseHere(job: Job): Parsed {
  try {
    return job.format === 'html'
      ? createHtmlParser(job.options)(job.answer)
      : createTextParser(job.options)(job.answer);
  } catch (error) {
    // Stack overflow or a string that is too long; other errors are bugs.
    if (!(error instanceof RangeError)) throw error;
    return refused('DECODE_LIMIT', `the answer is too much for ${NAMES[job.format]}`);
  }
}

if (!isMainThread) parentPort?.on('message', (job: Job) => parentPort?.postMessage(parseHere(job)));
