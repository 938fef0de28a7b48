import { type Code, type Failure, failure } from '../errors.ts';
import type { Json } from '../model.ts';

/** A document, or why it could not be parsed. */
export type Parsed = { readonly kind: 'document'; readonly value: Json } | Refused;

export interface Refused {
  readonly kind: 'refused';
  readonly failure: Failure;
}

export function refused(code: Code, message: string): Refused {
  return { kind: 'refused', failure: failure(code, message) };
}

/** Records at most: each takes memory of its own, and no honest list of an acceptable size has more. */
export const MOST_RECORDS = 2_000_000;

/** Thrown inside a parser where the text is malformed, with its offset. */
export class Malformed extends Error {
  /** An offset in the text. */
  readonly at: number;

  constructor(what: string, at: number) {
    super(what);
    this.at = at;
  }
}

/** An offset as line and column, counted from 1. */
export function lineAndColumn(text: string, at: number): string {
  const before = text.slice(0, at);
  const breaks = before.match(/\r\n?|\n/g)?.length ?? 0;
  const column = at - Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r'));
  return `line ${breaks + 1}, column ${column}`;
}

/** A name from the answer, quoted and shortened for messages. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

/** How often a character occurs in a text. */
export function count(text: string, sign: string): number {
  let found = 0;
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + sign.length)) found += 1;
  return found;
}
