import { messageOf } from '../../errors.ts';
import { isShallow, parseJson } from '../../lib/json.ts';
import type { Json } from '../../model.ts';
import { lineAndColumn, MOST_RECORDS, type Parsed, refused } from '../parsed.ts';

/** Parses JSON, keeping the spelling of numbers. */
export function parseJsonDocument(text: string): Parsed {
  const read = readJson(text, lineAndColumn);
  return 'problem' in read
    ? refused('DECODE_MALFORMED', `the answer ${read.problem}`)
    : { kind: 'document', value: read.value };
}

/** Reads one JSON value a line as a list. Blank lines, and the separators of RFC 7464, are left out. */
export function parseNdjson(text: string): Parsed {
  const value: Json[] = [];
  let number = 0;
  for (const line of linesOf(text)) {
    number += 1;
    const json = line.startsWith('\u001e') ? line.slice(1) : line;
    if (json.trim() === '') continue;
    const read = readJson(json, (_, at) => `column ${at + 1}`);
    if ('problem' in read) {
      return refused('DECODE_MALFORMED', `line ${number} of the answer ${read.problem}`);
    }
    value.push(read.value);
    if (value.length > MOST_RECORDS) {
      return refused('DECODE_LIMIT', `the answer has more than ${MOST_RECORDS} lines`);
    }
  }
  return { kind: 'document', value };
}

function* linesOf(text: string): Iterable<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    yield text.slice(start, end < 0 ? text.length : end);
    start = end < 0 ? text.length : end + 1;
  }
}

/** @param placeOf describes a position */
function readJson(
  text: string,
  placeOf: (text: string, at: number) => string,
): { readonly value: Json } | { readonly problem: string } {
  try {
    const value = parseJson(text);
    return isShallow(value) ? { value } : { problem: 'is nested deeper than 200 levels' };
  } catch (error) {
    if (!(error instanceof SyntaxError)) return { problem: `cannot be read: ${messageOf(error)}` };
    return { problem: `is not valid JSON: ${unexpected(error.message, text, placeOf)}` };
  }
}

/** A message without the text that V8 quotes, which must not leave the process: only the place is given. */
function unexpected(message: string, text: string, placeOf: (text: string, at: number) => string): string {
  const token = /^Unexpected token '(.)'/.exec(message)?.[1];
  if (token !== undefined) {
    const at = placeOfToken(message, text);
    return `unexpected ${JSON.stringify(token)}${at < 0 ? '' : ` at ${placeOf(text, at)}`}`;
  }
  const at = Number(/at position (\d+)/.exec(message)?.[1] ?? text.length);
  if (at >= text.trimEnd().length) return 'it ends too early';
  return `unexpected ${JSON.stringify(text.slice(at, at + 1))} at ${placeOf(text, at)}`;
}

/** Characters that V8 quotes before the unexpected one. */
const BEFORE = 10;

/** Position of the character that V8 quotes with its context; -1 if the context does not identify it. */
function placeOfToken(message: string, text: string): number {
  const [, cut, around = ''] = /, (\.\.\.)?"(.*)"(?:\.\.\.)? is not valid JSON$/s.exec(message) ?? [];
  const start = text.indexOf(around);
  if (cut) return start >= 0 && start === text.lastIndexOf(around) ? start + BEFORE : -1;
  // The quotation starts at the beginning of the text, so the character is counted from its end.
  return around.length < text.length ? around.length - BEFORE : -1;
}
