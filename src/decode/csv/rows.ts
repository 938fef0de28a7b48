import { Malformed } from '../parsed.ts';

/** Columns at most: no honest table has more. */
const MOST_CELLS = 10_000;

/** The dialect of a CSV text (RFC 4180 and its variants). */
export interface Dialect {
  readonly delimiter: string;
  /** Null: quotes have no meaning. */
  readonly quote: string | null;
  /** Lines that begin with it are skipped. */
  readonly comment: string | null;
}

export interface Row {
  readonly cells: readonly string[];
  /** Where it begins in the text. */
  readonly at: number;
}

/**
 * The rows of a CSV text, without blank ones. A quoted cell may hold delimiters, line breaks and doubled quotes, and
 * spaces around it are dropped. Any other cell is taken literally, including quotes inside it (12" pipe). Throws
 * {@link Malformed} when a closing quote is not at the end of its cell, because it is then unclear where the cell
 * ends.
 */
export function* rowsOf(text: string, { delimiter, quote, comment }: Dialect, from = 0): Iterable<Row> {
  const first = delimiter.charCodeAt(0);
  let at = from;
  while (at < text.length) {
    const start = at;
    if (comment !== null && text.startsWith(comment, at)) {
      at = afterLine(text, at);
      continue;
    }
    const cells = [cell()];
    while (isDelimiter(at)) {
      at += delimiter.length;
      cells.push(cell());
      if (cells.length > MOST_CELLS) throw new Malformed(`more than ${MOST_CELLS} cells in a row`, start);
    }
    at = afterBreak(text, at);
    if (cells.some((value) => value.trim() !== '')) yield { cells, at: start };
  }

  /** Reads the cell that begins here, up to what ends it. */
  function cell(): string {
    const begin = at;
    if (quote !== null && text.startsWith(quote, skipSpaces())) return quotedCell(quote);
    at = begin;
    while (!isEnd()) at += 1;
    return text.slice(begin, at);
  }

  function quotedCell(sign: string): string {
    const open = at;
    at = text.indexOf(sign, open + 1);
    while (at >= 0 && text.startsWith(sign, at + 1)) at = text.indexOf(sign, at + 2);
    if (at < 0) throw new Malformed('a quote that does not close', open);
    const value = text.slice(open + 1, at).replaceAll(sign + sign, sign);
    at += 1;
    skipSpaces();
    if (!isEnd()) throw new Malformed('text after a closing quote', at);
    return value;
  }

  function skipSpaces(): number {
    while (text.charCodeAt(at) === 0x20 && first !== 0x20) at += 1;
    return at;
  }

  function isEnd(): boolean {
    return at >= text.length || isBreak(text, at) || isDelimiter(at);
  }

  function isDelimiter(place: number): boolean {
    return text.charCodeAt(place) === first && text.startsWith(delimiter, place);
  }
}

/** Where the next line begins. */
export function afterLine(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isBreak(text, at)) at += 1;
  return afterBreak(text, at);
}

function afterBreak(text: string, at: number): number {
  return text.startsWith('\r\n', at) ? at + 2 : at + 1;
}

function isBreak(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x0a || code === 0x0d;
}
