import type { SourceConfig } from '../config/document.ts';
import { quoted, type Refused, refused } from './parsed.ts';

export type Format = Exclude<SourceConfig['format'], 'auto'>;

/** A parsed Content-Type: lower case, without parameters but the charset. */
export interface ContentType {
  readonly type: string;
  readonly charset: string | null;
}

export function parseContentType(header: string | null): ContentType {
  // Some proxies repeat it in one header.
  const [first = ''] = (header ?? '').split(',', 1);
  const [type = '', ...parameters] = first.split(';').map((part) => part.trim());
  const charset = parameters
    .map((part) => /^charset\s*=\s*["']?([^"']+)["']?$/i.exec(part)?.[1])
    .find(Boolean);
  return { type: type.toLowerCase(), charset: charset ?? null };
}

const TYPES: readonly [pattern: RegExp, format: Format][] = [
  [/^(?:application|text)\/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines|json-seq)$/, 'ndjson'],
  [/^(?:application|text)\/(?:[\w.-]+\+)?(?:x-)?json$/, 'json'],
  [/^application\/vnd\.ms-excel$/, 'csv'],
  [/^(?:application|text)\/(?:x-)?(?:csv|comma-separated-values|tab-separated-values)$/, 'csv'],
  [/^(?:text\/html|application\/xhtml\+xml)$/, 'html'],
  [/^(?:application|text)\/(?:[\w.-]+\+)?xml$/, 'xml'],
];

/** Media types that say nothing about the content. */
const VAGUE_TYPES = new Set([
  '',
  'text/plain',
  'application/octet-stream',
  'application/download',
  'application/force-download',
  'application/x-download',
  'binary/octet-stream',
  'text/javascript',
  'application/javascript',
]);

type Options = Pick<SourceConfig, 'format' | 'csv' | 'html' | 'text' | 'key'>;

/**
 * The format of an answer: as configured, else by Content-Type, else by content. An answer that is visibly of another
 * format is refused; the title of an HTML page is quoted, because it often says what is wrong.
 */
export function recognize(options: Options, type: string, text: string): Format | Refused {
  const start = text.trimStart();
  if (start === '') return refused('DECODE_MALFORMED', 'the answer is empty');
  const said = formatSaid(options);
  const format =
    said ?? formatOfType(type, start) ?? (VAGUE_TYPES.has(type) ? formatOfContent(options, start) : null);
  if (format !== null && !isForeign(options, format, start)) return format;
  const wanted = format === null || (format === 'html' && !options.html) ? 'data' : NAMES[format];
  const got = start.startsWith('<') ? `${markup(start)}${type && ` (${type})`}` : type || 'an unknown format';
  return refused('DECODE_TYPE', `expected ${wanted}, got ${got}${said ? '' : way(start)}`);
}

/** Names of the formats for messages. */
export const NAMES: Readonly<Record<Format, string>> = {
  json: 'JSON',
  ndjson: 'NDJSON',
  csv: 'CSV',
  xml: 'XML',
  html: 'HTML',
  text: 'text',
};

/** The configured format. `html` and `text` have to say where their records are, so these options imply it. */
function formatSaid({ format, html, text }: Options): Format | null {
  if (format !== 'auto') return format;
  if (html) return 'html';
  return text ? 'text' : null;
}

function formatOfType(type: string, start: string): Format | null {
  const format = TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? null;
  return format === 'json' && isLines(start) ? 'ndjson' : format;
}

function formatOfContent({ csv, key }: Options, start: string): Format | null {
  if (start.startsWith('<')) return isPage(start) ? 'html' : 'xml';
  if (/^[[{]/.test(start)) return isLines(start) ? 'ndjson' : 'json';
  if (/^(?:true|false|null|-?\d[\d.eE+-]*|"(?:[^"\\]|\\.)*")\s*$/.test(start.slice(0, 1000))) return 'json';
  const [line = ''] = start.split(/[\r\n]/, 1);
  const cells = line.split(/[,;|\t]/).map((cell) => cell.replace(/^\s*"|"\s*$/g, '').trim());
  return csv || key?.every((name) => cells.includes(name)) ? 'csv' : null;
}

/** Whether an answer is visibly not of this format. Text may be anything. */
function isForeign({ html }: Options, format: Format, start: string): boolean {
  switch (format) {
    case 'json':
    case 'ndjson':
      return start.startsWith('<');
    case 'csv':
      return isPage(start) || start.startsWith('<?xml');
    case 'xml':
      return !start.startsWith('<') || isPage(start);
    case 'html':
      return !html || !start.includes('<');
    case 'text':
      return false;
  }
}

function isPage(start: string): boolean {
  return /^<(?:!doctype\s+html|html)\b/i.test(start);
}

/** Whether one line is a whole object and the next line begins another one: only NDJSON looks like this. */
function isLines(start: string): boolean {
  const end = start.startsWith('{') ? start.indexOf('\n') : -1;
  return (
    end > 0 && start.slice(0, end).trimEnd().endsWith('}') && start.slice(end).trimStart().startsWith('{')
  );
}

function way(start: string): string {
  const likely = /^[[{]/.test(start) ? 'json' : start.startsWith('<?xml') ? 'xml' : null;
  if (likely) return `; if it is ${NAMES[likely]} all the same, write \`format: ${likely}\``;
  return start.startsWith('<') ? '' : '; if it is what you want, write its `format`';
}

/** The title of a page: error and login pages often say there what they are. */
function markup(text: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text.slice(0, 20_000))?.[1]?.replace(/\s+/g, ' ').trim();
  const kind = isPage(text) ? 'an HTML page' : 'markup';
  return title ? `${kind} titled ${quoted(title)}` : kind;
}
