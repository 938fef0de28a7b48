import type { CheerioAPI } from 'cheerio';
import type { SourceConfig } from '../../config/document.ts';
import { type Field, html, parseField } from '../../lib/html.ts';
import type { Json } from '../../model.ts';
import { count, type Parsed, refused } from '../parsed.ts';
import { type Node, textOf } from './text.ts';

/** Tags at most: each takes some 700 bytes of memory, so this is about 200 MB. */
const MOST_TAGS = 250_000;
const MOST_CHARACTERS = 20_000_000;

/** Rows without their table, as scripts insert them: parsers drop rows and cells outside of a table. */
const ROWS_ALONE = /^\s*<(?:tr|tbody|thead)\b/i;

export type HtmlOptions = NonNullable<SourceConfig['html']>;

interface Row extends Node {
  readonly sourceCodeLocation?: { readonly endOffset: number; readonly endTag?: unknown } | null;
}

/**
 * Reads HTML as a list: each element that `rows` selects is an object of `fields`, the text or attribute of the first
 * element that each selects within the row; null where there is none.
 */
export function createHtmlParser(options: HtmlOptions) {
  const fields = Object.entries(options.fields).map(([name, text]) => [name, parseField(text)] as const);
  return (answer: string): Parsed => {
    const text = ROWS_ALONE.test(answer) ? `<table>${answer}` : answer;
    if (text.length > MOST_CHARACTERS)
      return refused('DECODE_LIMIT', `the page has more than ${MOST_CHARACTERS} characters`);
    if (count(text, '<') > MOST_TAGS)
      return refused('DECODE_LIMIT', `the page has more than ${MOST_TAGS} tags`);
    const page = html().load(text, { sourceCodeLocationInfo: true });
    const rows = page.root().find(options.rows).toArray();
    if (isCut(rows.at(-1), text)) {
      return refused('DECODE_MALFORMED', 'the answer ends within a row: it may be half a page');
    }
    const value = rows.map((row) =>
      Object.fromEntries(fields.map(([name, field]) => [name, read(page(row), field)])),
    );
    return { kind: 'document', value };
  };
}

function read(row: ReturnType<CheerioAPI>, { selector, attribute }: Field): Json {
  const found = selector === null ? row : row.find(selector).first();
  const [node] = found.toArray();
  if (!node) return null;
  return attribute === null ? textOf(node as Node) : (found.attr(attribute) ?? null);
}

/** Whether only the end of the text closes a row: it may be cut off. */
function isCut(row: Row | undefined, text: string): boolean {
  const place = row?.sourceCodeLocation;
  return place != null && place.endTag == null && place.endOffset >= text.trimEnd().length;
}
