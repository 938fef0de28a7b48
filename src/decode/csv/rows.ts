import { Malformed } from '../parsed.ts';

/** How a CSV text is written (RFC 4180, and what is sent in its name). */
export interface Dialect {
  readonly delimiter: string;
  /** Null: quotes are characters like any other. */
  readonly quote: string | null;
  /** Lines that begin with it are no rows. */
  readonly comment: string | null;
}

export interface Row {
  readonly cells: readonly string[];
  /** Where it begins in the text. */
  readonly at: number;
}

/**
 * The rows of a CSV text, without blank lines. A cell in quotes may hold delimiters, line breaks and doubled quotes, and
 * spaces around it are layout; any other cell is what is written, quotes inside it (12" pipe) included. Throws
 * {@link Malformed} when quotes do not close where a cell ends, because whatever follows could belong to either.
 */
export function* rowsOf(text: string, { delimiter, quote, comment }: Dialect, from = 0): Iterable<Row> {
  let at = from;
  while (at < text.length) {
    const start = at;
    if (comment !== null && text.startsWith(comment, at)) {
      at = afterLine(text, at);
      continue;
    }
    const cells: string[] = [];
    for (;;) {
      const opening = quote === null ? -1 : openingQuote(text, at, quote, delimiter);
      if (quote !== null && opening >= 0) {
        const close = closingQuote(text, opening + 1, quote);
        cells.push(text.slice(opening + 1, close).replaceAll(quote + quote, quote));
        at = skipSpaces(text, close + 1, delimiter);
        if (!isEnd(text, at, delimiter)) throw new Malformed('text after a closing quote', at);
      } else {
        const end = cellEnd(text, at, delimiter);
        cells.push(text.slice(at, end));
        at = end;
      }
      if (!text.startsWith(delimiter, at)) break;
      at += delimiter.length;
    }
    at = afterBreak(text, at);
    if (cells.some((cell) => cell.trim() !== '')) yield { cells, at: start };
  }
}

/** Where the next line begins. */
export function afterLine(text: string, at: number): number {
  let end = at;
  while (end < text.length && !isBreak(text, end)) end += 1;
  return afterBreak(text, end);
}

function openingQuote(text: string, at: number, quote: string, delimiter: string): number {
  const start = skipSpaces(text, at, delimiter);
  return text.startsWith(quote, start) ? start : -1;
}

function closingQuote(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from);
  while (at >= 0 && text.startsWith(quote, at + 1)) at = text.indexOf(quote, at + 2);
  if (at < 0) throw new Malformed('a quote that does not close', from - 1);
  return at;
}

function skipSpaces(text: string, at: number, delimiter: string): number {
  let position = at;
  while (text[position] === ' ' && !text.startsWith(delimiter, position)) position += 1;
  return position;
}

function cellEnd(text: string, at: number, delimiter: string): number {
  let end = at;
  while (!isEnd(text, end, delimiter)) end += 1;
  return end;
}

function isEnd(text: string, at: number, delimiter: string): boolean {
  return at >= text.length || isBreak(text, at) || text.startsWith(delimiter, at);
}

function isBreak(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x0a || code === 0x0d;
}

function afterBreak(text: string, at: number): number {
  return text.startsWith('\r\n', at) ? at + 2 : at + 1;
}
