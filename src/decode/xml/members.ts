import type { Json } from '../../model.ts';
import type { Shape } from './shape.ts';

/** Collects the content of an element while it is read. */
export class Members {
  readonly #shape: Shape | undefined;
  readonly #members = new Map<string, Json | Json[]>();
  #text = '';

  constructor(shape: Shape | undefined) {
    this.#shape = shape;
  }

  /** @param name of the attribute; of two that differ only in a stripped prefix, the one without it counts */
  addAttribute(tag: string, name: string, value: string): void {
    if (tag === name || !this.#members.has(`@${name}`)) this.#members.set(`@${name}`, value);
  }

  addText(text: string): void {
    this.#text += text;
  }

  addElement(name: string, value: Json): void {
    const before = this.#members.get(name);
    if (Array.isArray(before)) before.push(value);
    else if (before !== undefined) this.#members.set(name, [before, value]);
    else this.#members.set(name, this.#shape?.inner.get(name)?.list ? [value] : value);
  }

  /**
   * A text if there are neither attributes nor elements, else an object of `@name` attributes, elements by name (a list
   * when there are several) and `#text`. White space around text is layout.
   */
  close(): Json {
    for (const [name, { list }] of this.#shape?.inner ?? []) {
      if (list && !this.#members.has(name)) this.#members.set(name, []);
    }
    const text = withoutLayout(this.#text);
    if (this.#members.size === 0) return text;
    if (text !== '') this.#members.set('#text', text);
    return Object.fromEntries(this.#members);
  }
}

/** Trims XML white space at both ends; other spaces, such as no-break spaces, are kept. */
function withoutLayout(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;
}
