import { DEEPEST } from '../../lib/json.ts';
import type { Json, JsonObject } from '../../model.ts';
import { Malformed } from '../parsed.ts';
import { entity } from './entities.ts';
import { Members } from './members.ts';
import type { Shape } from './shape.ts';

const SPACE = /[ \t\r\n]*/y;
const NAME = /[\p{L}_:][\p{L}\p{N}\p{M}_:.\u00b7-]*/uy;
/**
 * What has to be replaced in text and in attribute values: line breaks (in attributes all white space) and
 * references.
 */
const IN_TEXT = /\r\n?|&(?:([^\s;&<]{1,32});)?/g;
const IN_VALUE = /\r\n|[\t\r\n]|&(?:([^\s;&<]{1,32});)?/g;
/** From `<!DOCTYPE` to its end, or to its internal declarations. */
const DOCTYPE = /<!DOCTYPE(?:[^"'>[]+|"[^"]*"|'[^']*')*/y;

/** Up to its end. */
const DECLARATION = /<!(?:ELEMENT|ATTLIST|NOTATION)\s(?:[^"'<>]+|"[^"]*"|'[^']*')*/y;

/**
 * Reads well-formed XML 1.0 without validation. Entity declarations are refused, since they can expand without bound;
 * all other declarations of a DOCTYPE are skipped, defaults of attributes included.
 */
export class Reader {
  readonly #text: string;
  readonly #strip: boolean;
  #at = 0;

  /** @param stripNamespaces drops prefixes, and the attributes that declare them */
  constructor(text: string, stripNamespaces: boolean) {
    this.#text = text;
    this.#strip = stripNamespaces;
  }

  /** The document: an object with the root element as its one member. Throws {@link Malformed}. */
  document(shape: Shape): JsonObject {
    if (this.#text.startsWith('<?xml')) this.#skipPast('?>', 'the XML declaration does not end');
    this.#skipAround();
    if (this.#text.startsWith('<!DOCTYPE', this.#at)) {
      this.#skipDoctype();
      this.#skipAround();
    }
    if (this.#text[this.#at] !== '<') this.#fail('expected the root element');
    const [name, value] = this.#element(shape, 1);
    this.#skipAround();
    if (this.#at < this.#text.length) this.#fail('unexpected text or elements after the root element');
    return Object.fromEntries([[name, value]]);
  }

  /** White space, comments and processing instructions. */
  #skipAround(): void {
    do this.#match(SPACE);
    while (this.#skipAside());
  }

  /** A comment or a processing instruction. False if there is none here. */
  #skipAside(): boolean {
    if (this.#text.startsWith('<!--', this.#at)) this.#skipPast('-->', 'a comment does not end', 4);
    else if (this.#text.startsWith('<?', this.#at)) this.#skipPast('?>', 'an instruction does not end', 2);
    else return false;
    return true;
  }

  #skipDoctype(): void {
    this.#match(DOCTYPE);
    if (this.#text[this.#at] === '[') this.#skipDeclarations();
    if (this.#text[this.#at] !== '>') this.#fail('the DOCTYPE does not end');
    this.#at += 1;
  }

  /** Skips declarations of elements and attributes; entity declarations are refused. */
  #skipDeclarations(): void {
    do {
      this.#at += 1;
      this.#skipAround();
    } while (this.#match(DECLARATION) && this.#text[this.#at] === '>');
    if (this.#text[this.#at] !== ']')
      this.#fail('only elements and attributes may be declared in the DOCTYPE');
    this.#at += 1;
    this.#match(SPACE);
  }

  /** The element that opens here. `depth` counts from the root, which is 1. */
  #element(around: Shape | undefined, depth: number): [name: string, value: Json] {
    if (depth > DEEPEST) this.#fail(`nested deeper than ${DEEPEST} levels`);
    const start = this.#at;
    this.#at += 1;
    const tag = this.#match(NAME) || this.#fail('expected the name of an element');
    const name = this.#stripped(tag);
    const shape = around?.inner.get(name);
    const members = new Members(shape);
    if (this.#attributes(members)) {
      this.#content(members, shape, depth, start);
      this.#closing(tag);
    }
    return [name, members.close()];
  }

  /** Up to the end of the opening tag. Whether there is content after it. */
  #attributes(members: Members): boolean {
    const seen = new Set<string>();
    for (;;) {
      const space = this.#match(SPACE);
      if (this.#text.startsWith('/>', this.#at)) return this.#step(2, false);
      if (this.#text[this.#at] === '>') return this.#step(1, true);
      if (this.#at >= this.#text.length) this.#fail('it ends inside a tag');
      const start = this.#at;
      const tag = space && (this.#match(NAME) || this.#fail('expected an attribute or the end of the tag'));
      if (!tag) this.#fail('expected white space or the end of the tag');
      if (seen.has(tag)) this.#fail('an attribute is given twice', start);
      seen.add(tag);
      const value = this.#attributeValue();
      if (!this.#strip || !/^xmlns(?::|$)/.test(tag)) members.addAttribute(tag, this.#stripped(tag), value);
    }
  }

  #attributeValue(): string {
    this.#match(SPACE);
    if (this.#text[this.#at] !== '=') this.#fail('an attribute has no value');
    this.#at += 1;
    this.#match(SPACE);
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") this.#fail('the value of an attribute is not in quotes');
    const start = this.#at + 1;
    const end = this.#text.indexOf(quote, start);
    if (end < 0) this.#fail('the value of an attribute does not end');
    const bracket = this.#text.slice(start, end).indexOf('<');
    if (bracket >= 0) this.#fail('a `<` in the value of an attribute', start + bracket);
    this.#at = end + 1;
    return this.#characters(start, end, IN_VALUE, ' ');
  }

  /** Up to the closing tag. */
  #content(members: Members, shape: Shape | undefined, depth: number, start: number): void {
    for (;;) {
      const next = this.#text.indexOf('<', this.#at);
      if (next < 0) this.#fail('an element does not end', start);
      if (next > this.#at) members.addText(this.#plain(next));
      this.#at = next;
      const kind = this.#text[next + 1];
      if (kind === '/') return;
      if (kind === '!' && this.#text.startsWith('<![CDATA[', next)) {
        this.#skipPast(']]>', 'a CDATA section does not end', 9);
        members.addText(this.#text.slice(next + 9, this.#at - 3).replace(/\r\n?/g, '\n'));
      } else if (kind === '!' || kind === '?') {
        if (!this.#skipAside()) this.#fail('expected an element, a comment or CDATA');
      } else {
        members.addElement(...this.#element(shape, depth + 1));
      }
    }
  }

  #closing(tag: string): void {
    const start = this.#at;
    this.#at += 2;
    if (this.#match(NAME) !== tag) this.#fail('a closing tag is not that of the open element', start);
    this.#match(SPACE);
    if (this.#text[this.#at] !== '>') this.#fail('a closing tag does not end');
    this.#at += 1;
  }

  /** Text between tags, up to `end`. */
  #plain(end: number): string {
    const stray = this.#text.slice(this.#at, end).indexOf(']]>');
    if (stray >= 0) this.#fail('`]]>` without CDATA', this.#at + stray);
    return this.#characters(this.#at, end, IN_TEXT, '\n');
  }

  /** Decodes references; other characters that need replacement become `space`. */
  #characters(start: number, end: number, unlike: RegExp, space: string): string {
    const text = this.#text.slice(start, end);
    return text.replace(unlike, (sign, reference: string | undefined, at: number) => {
      if (!sign.startsWith('&')) return space;
      const character = reference === undefined ? undefined : entity(reference);
      return character ?? this.#fail('an `&` that is no known reference', start + at);
    });
  }

  #stripped(tag: string): string {
    return this.#strip ? tag.slice(tag.lastIndexOf(':') + 1) || tag : tag;
  }

  #skipPast(end: string, otherwise: string, length = 0): void {
    const found = this.#text.indexOf(end, this.#at + length);
    if (found < 0) this.#fail(otherwise);
    this.#at = found + end.length;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #step<T>(length: number, result: T): T {
    this.#at += length;
    return result;
  }

  #fail(what: string, at = this.#at): never {
    throw new Malformed(what, at);
  }
}
