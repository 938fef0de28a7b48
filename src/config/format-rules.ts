import { isDottedPath } from '../lib/path.ts';
import { missing } from './explain.ts';
import type { Finding } from './problem.ts';
import { at } from './rules.ts';
import type { source } from './source.ts';
import { nearest } from './suggest.ts';
import { type Place, step } from './tree.ts';
import type { Fields } from './validate.ts';

type Valid = Fields<typeof source.shape>['valid'];

/** Formats that need the options of the same name to find records. */
const NEEDED = ['html', 'text'] as const;
/** Formats that are lists of records by themselves. */
const LISTS: readonly unknown[] = ['ndjson', 'csv', 'html', 'text'];

/** Mistakes in combining `format`, the options of single formats, `items` and `key`. */
export function formatProblems(valid: Valid, place: Place): Finding[] {
  const written = NEEDED.filter((name) => step(place, name).tree);
  const format = valid.format === 'auto' ? (written[0] ?? 'auto') : valid.format;
  return [
    ...NEEDED.flatMap((name) => needProblems(name, valid.format, written, place)),
    ...(LISTS.includes(format) ? listProblems(String(format), valid, place) : []),
    ...keyProblems(valid, step(place, 'key')),
  ];
}

function needProblems(
  name: (typeof NEEDED)[number],
  format: Valid['format'],
  written: readonly string[],
  place: Place,
): Finding[] {
  const there = step(place, name);
  if (format === name && !there.tree) {
    const example = name === 'html' ? '`html: { rows: …, fields: … }`' : '`text: { pattern: … }`';
    return [missing(there, `\`format: ${name}\` needs ${example}: where the records are`)];
  }
  if (!there.tree || format === name || format === undefined) return [];
  if (format !== 'auto') {
    return [at(there, `\`${name}\` is not for \`format: ${format}\``, 'remove one of them')];
  }
  return written[0] === name ? [] : [at(there, '`html` and `text` exclude each other', 'remove one of them')];
}

function listProblems(format: string, { items }: Valid, place: Place): Finding[] {
  const [key, path] = [step(place, 'key'), step(place, 'items')];
  const findings: Finding[] = [];
  if (!key.tree && !path.tree) {
    findings.push(
      missing(key, `\`${format}\` is a list of records and needs a \`key\`: the field that identifies one`),
    );
  }
  if (path.tree && items !== undefined && isDottedPath(items)) {
    const hint = 'remove it; a JSONata expression can still choose among them';
    findings.push(at(path, `\`${format}\` is a list of records: there is no path to one`, hint));
  }
  return findings;
}

/** If the configuration itself declares the fields of a record, the key must be one of them. */
function keyProblems(valid: Valid, place: Place): Finding[] {
  const fields = declared(valid);
  return (fields ? (valid.key ?? []) : []).flatMap((name, index) => {
    if (fields?.includes(name)) return [];
    const near = nearest(name, fields ?? []);
    const hint = near ? `did you mean \`${near}\`?` : `the fields are ${fields?.join(', ')}`;
    const there = place.tree?.kind === 'list' ? step(place, index) : place;
    return [at(there, `no record has a field \`${name}\``, hint)];
  });
}

/** The declared fields; null if only an answer shows them, or an expression may rename them. */
function declared({ items, html, text, csv }: Valid): readonly string[] | null {
  if (items !== undefined) return null;
  if (html) return Object.keys(html.fields);
  // The names of all groups of the pattern.
  if (text) return Object.keys(new RegExp(`${text.pattern}|`, 'u').exec('')?.groups ?? {});
  return Array.isArray(csv?.header) ? csv.header : null;
}
