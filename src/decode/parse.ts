import type { SourceConfig } from '../config/document.ts';
import { TIMED_OUT, withinTime } from '../lib/time-limit.ts';
import { createCsvParser } from './csv/csv.ts';
import { type Format, NAMES } from './format.ts';
import { createHtmlParser } from './html/html.ts';
import { parseJsonDocument, parseNdjson } from './json/parse.ts';
import { type Parsed, refused } from './parsed.ts';
import { createTextParser } from './text.ts';
import { createXmlParser } from './xml/xml.ts';

/** Milliseconds that reading an answer may take: nothing else runs meanwhile. */
const LONGEST = 10_000;
/** The same for a pattern, which can take for ever on a short text. */
const LONGEST_PATTERN = 1_000;

type Options = Pick<SourceConfig, 'csv' | 'xml' | 'html' | 'text'>;

/**
 * @param items path of the list, if it is a path
 * @param columns names that the records must have
 */
export function createParse(
  { csv, xml, html, text }: Options,
  items: readonly string[] | null,
  columns: readonly string[],
): (format: Format, answer: string) => Parsed {
  const parsers: Readonly<Record<Format, ((answer: string) => Parsed) | null>> = {
    json: parseJsonDocument,
    ndjson: parseNdjson,
    csv: bounded('csv', LONGEST, createCsvParser(csv, columns)),
    xml: bounded('xml', LONGEST, createXmlParser(xml, items)),
    html: html ? bounded('html', LONGEST, createHtmlParser(html)) : null,
    text: text ? bounded('text', LONGEST_PATTERN, createTextParser(text)) : null,
  };
  return (format, answer) =>
    parsers[format]?.(answer) ??
    refused('DECODE_TYPE', `nothing says how to read ${NAMES[format]}: see \`${format}\``);
}

/** Whatever is sent, reading it ends. */
function bounded(format: Format, limit: number, parse: (answer: string) => Parsed) {
  return (answer: string): Parsed => {
    try {
      const parsed = withinTime(limit, () => parse(answer));
      if (parsed !== TIMED_OUT) return parsed;
      const what = format === 'text' ? 'finding the pattern' : `reading the ${NAMES[format]}`;
      return refused('DECODE_LIMIT', `${what} took longer than ${limit / 1000} s`);
    } catch (error) {
      // The stack or the length of a string; everything else is a bug.
      if (error instanceof RangeError)
        return refused('DECODE_LIMIT', `the answer is too much for ${NAMES[format]}`);
      throw error;
    }
  };
}
