import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
let library: typeof import('cheerio') | null = null;

/** The HTML library, loaded when it is first needed: that takes 0.1 s and some megabytes. */
export function html(): typeof import('cheerio') {
  library ??= require('cheerio') as typeof import('cheerio');
  return library;
}

/** Whether a text is a CSS selector that can be used. */
export function isSelector(text: string): boolean {
  try {
    html().load('').root().find(text);
    return text.trim() !== '' && !text.includes('<');
  } catch {
    return false;
  }
}

/** A field of a row: where its element is (null: the row itself), and the attribute that is meant (null: the text). */
export interface Field {
  readonly selector: string | null;
  readonly attribute: string | null;
}

/** Reads `td:nth-child(1)`, `a@href`, `@data-id` (of the row) or `.` (text of the row). */
export function parseField(text: string): Field {
  const [, selector = '', attribute = null] = /^(.*?)(?:@([\w:.-]+))?$/s.exec(text.trim()) ?? [];
  return { selector: selector === '' || selector === '.' ? null : selector, attribute };
}
