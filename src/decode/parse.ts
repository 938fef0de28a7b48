import type { SourceConfig } from '../config/document.ts';
import { createCsvParser } from './csv/csv.ts';
import { type Format, NAMES } from './format.ts';
import { parseJsonDocument, parseNdjson } from './json/parse.ts';
import { type Job, parseHere, parseOnThread } from './on-thread.ts';
import { type Parsed, refused } from './parsed.ts';
import { createXmlParser } from './xml/xml.ts';

type Options = Pick<SourceConfig, 'csv' | 'xml' | 'html' | 'text'>;

/** Parses the text of an answer into a document. */
export interface Parser {
  /** Parses with bounded time, on another thread if needed. */
  read(format: Format, answer: string): Parsed | Promise<Parsed>;
  /** Parses on the calling thread: for answers that were parsed before, and for commands, which can be interrupted. */
  parseHere(format: Format, answer: string): Parsed;
}

/**
 * @param items path of the list; null if it is an expression or absent
 * @param columns fields that the records must have
 */
export function createParser(
  { csv, xml, html, text }: Options,
  items: readonly string[] | null,
  columns: readonly string[],
): Parser {
  // These formats take time in proportion to the answer.
  const steady: { readonly [format in Format]?: (answer: string) => Parsed } = {
    json: parseJsonDocument,
    ndjson: parseNdjson,
    csv: createCsvParser(csv, columns),
    xml: createXmlParser(xml, items),
  };
  const using = <T>(format: Format, answer: string, other: (job: Job) => T): Parsed | T => {
    if (format === 'html' && html) return other({ format, options: html, answer });
    if (format === 'text' && text) return other({ format, options: text, answer });
    const parse = steady[format];
    return parse ? parse(answer) : refused('DECODE_TYPE', `nothing says how to read ${NAMES[format]}`);
  };
  return {
    read: (format, answer) => using(format, answer, parseOnThread),
    parseHere: (format, answer) => using(format, answer, parseHere),
  };
}
