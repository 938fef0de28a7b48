import { type Failure, failure } from '../errors.ts';

/** A parsed Content-Type: lower case, without parameters but the charset. */
export interface ContentType {
  readonly type: string;
  readonly charset: string | null;
}

export function parseContentType(header: string | null): ContentType {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  const charset = parameters.map((part) => /^charset\s*=\s*"?([^"]+)"?$/i.exec(part)?.[1]).find(Boolean);
  return { type: type.toLowerCase(), charset: charset ?? null };
}

const JSON_TYPE = /^(?:application|text)\/(?:[\w.-]+\+)?(?:x-)?json$/;
/** Types that say nothing about the content. */
const VAGUE_TYPES = new Set([
  '',
  'text/plain',
  'application/octet-stream',
  'binary/octet-stream',
  'text/javascript',
  'application/javascript',
]);

/**
 * Whether an answer can be read as JSON: by what the operator said, then by Content-Type, then by its first character.
 * Null: yes; else why not.
 */
export function refuseFormat(format: 'auto' | 'json', type: string, text: string): Failure | null {
  if (text.trim() === '') return failure('DECODE_MALFORMED', 'the answer is empty');
  const start = text.trimStart();
  if (start.startsWith('<'))
    return failure('DECODE_TYPE', `expected JSON, got ${markup(start)}${type && ` (${type})`}`);
  if (format === 'json' || JSON_TYPE.test(type)) return null;
  if (VAGUE_TYPES.has(type) && /^[[{"\dtfn-]/.test(start)) return null;
  const way = /^[[{]/.test(start) ? '; if it is JSON all the same, set format: json' : '';
  return failure('DECODE_TYPE', `expected JSON, got ${type || 'an unknown format'}${way}`);
}

/** An error or login page often says what it is in its title. */
function markup(text: string): string {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text.slice(0, 20_000))?.[1]?.replace(/\s+/g, ' ').trim();
  const kind = /^<(?:!doctype html|html)/i.test(text) ? 'an HTML page' : 'markup';
  return title ? `${kind} titled ${JSON.stringify(title.slice(0, 80))}` : kind;
}
