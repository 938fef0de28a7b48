import { html } from '../../lib/html.ts';

/** The options `html`, for the largest table of a page. */
export interface Table {
  readonly rows: string;
  readonly fields: Readonly<Record<string, string>>;
}

const MOST_CHARACTERS = 5_000_000;
const MOST_COLUMNS = 50;

/** A table with names above its columns; null if the page has none with at least one row. */
export function tableIn(text: string): Table | null {
  if (text.length > MOST_CHARACTERS) return null;
  const page = html().load(text);
  const tables = page('table').toArray();
  let best: { readonly place: string; readonly size: number; readonly at: number } | null = null;
  for (const [at, table] of tables.entries()) {
    const own = page(table);
    // A table around tables is layout.
    if (own.find('table').length > 0) continue;
    const rows = own.find('tr').filter((_, row) => page(row).children('td').length > 1);
    const size = rows.length + (own.find('th').length > 0 ? 3 : 0);
    if (rows.length > 0 && size > (best?.size ?? 0)) best = { place: placeOf(at), size, at };
  }
  if (!best) return null;
  const table = page(tables[best.at]);
  const named = table
    .find('tr')
    .filter((_, row) => page(row).children('th').length > 1)
    .first();
  const first = table
    .find('tr')
    .filter((_, row) => page(row).children('td').length > 1)
    .first();
  const heads = named
    .children('th')
    .toArray()
    .map((cell) => page(cell).text());
  const cells = first.children().toArray().slice(0, MOST_COLUMNS);
  const fields = new Map<string, string>();
  for (const [at, cell] of cells.entries()) {
    const name = free(wordOf(heads[at] ?? '') || `column_${at + 1}`, fields);
    fields.set(name, `:nth-child(${at + 1})`);
    if (page(cell).find('a[href]').length > 0)
      fields.set(free(`${name}_link`, fields), `:nth-child(${at + 1}) a@href`);
  }
  const prefixed = [...fields].map(([name, place]) => [name, place.replace(/^/, 'td')] as const);
  // A row may begin with a `th` that names it: then cells are counted over both.
  const heading = cells[0] && 'name' in cells[0] && cells[0].name === 'th';
  const shown = heading ? [...fields].map(([name, place]) => [name, `> ${place}`] as const) : prefixed;
  return { rows: `${best.place} tr:has(> td:nth-child(2))`, fields: Object.fromEntries(shown) };

  /** By its id or class if no other table has it. */
  function placeOf(at: number): string {
    const own = page(tables[at]);
    const id = own.attr('id') ?? '';
    if (/^[A-Za-z][\w-]*$/.test(id) && page(`table#${id}`).length === 1) return `table#${id}`;
    for (const name of (own.attr('class') ?? '').split(/\s+/)) {
      if (/^[A-Za-z][\w-]*$/.test(name) && page(`table.${name}`).length === 1) return `table.${name}`;
    }
    if (tables.length === 1) return 'table';
    const wrapped = own
      .parents('[id]')
      .toArray()
      .map((one) => page(one).attr('id') ?? '');
    const inside = wrapped.find(
      (name) => /^[A-Za-z][\w-]*$/.test(name) && page(`#${name} table`).length === 1,
    );
    return inside ? `#${inside} table` : `table:eq(${at})`;
  }
}

function wordOf(text: string): string {
  const word = text
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '');
  return word.slice(0, 40);
}

function free(name: string, taken: ReadonlyMap<string, string>): string {
  for (let count = 1; ; count += 1) {
    const one = count === 1 ? name : `${name}_${count}`;
    if (!taken.has(one)) return one;
  }
}
