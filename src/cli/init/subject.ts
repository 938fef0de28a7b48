import { PollhookError } from '../../errors.ts';

/** The URL and headers to look at, as they will be written in the configuration: with variables for secrets. */
export interface Subject {
  /** Name of the source. */
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: Readonly<Record<string, string>> | null;
  /** Values of the variables in the other members. They are never shown. */
  readonly variables: ReadonlyMap<string, string>;
}

/** Headers that are never credentials. */
const PLAIN_HEADERS = new Set(['accept', 'accept-language', 'content-type', 'prefer', 'user-agent']);

const SECRET_PARAMETER = /key|token|secret|passw|pwd|auth|sig|session|credential/i;

/**
 * Takes a URL and headers as they were typed. Whatever may be a secret becomes `${VARIABLE}`: user and password of the
 * URL, parameters with such names, all headers but harmless ones. What is written as `${VARIABLE}` already stays.
 *
 * @param headers as `Name: value`
 * @throws USAGE, without repeating a value
 */
export function subjectOf(url: string, headers: readonly string[]): Subject {
  const place = URL.canParse(url) ? new URL(url) : null;
  if (!place || !/^https?:$/.test(place.protocol)) {
    throw new PollhookError('USAGE', 'the URL must be a whole one that begins with http:// or https://');
  }
  const name = nameOf(place);
  const variables = new Map<string, string>();
  const variable = (what: string, value: string): string => {
    if (/^\$\{[^}]+\}$/.test(value)) return value;
    const stem = `${name}_${what}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
    let free = /^\d/.test(stem) ? `_${stem}` : stem;
    for (let count = 2; variables.has(free); count += 1) free = `${stem}_${count}`;
    variables.set(free, value);
    return `\${${free}}`;
  };

  let auth: Record<string, string> | null = null;
  const user = (username: string, password: string) => {
    auth = {
      type: 'basic',
      username: variable('username', username),
      password: variable('password', password),
    };
  };
  if (place.username !== '' || place.password !== '')
    user(decodeURIComponent(place.username), decodeURIComponent(place.password));
  const kept: Record<string, string> = {};
  for (const line of headers) {
    const [, header = '', value = ''] = /^([^:\s]+):\s*(.*)$/s.exec(line.trim()) ?? [];
    if (header === '') throw new PollhookError('USAGE', "a header is written as --header 'Name: value'");
    const [, scheme = '', credentials = ''] = /^(\w+)\s+(.*)$/s.exec(value) ?? [];
    const isAuthorization = header.toLowerCase() === 'authorization' && auth === null;
    const [basicUser, ...password] =
      scheme.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64').toString().split(':') : [];
    if (isAuthorization && scheme.toLowerCase() === 'bearer')
      auth = { type: 'bearer', token: variable('token', credentials) };
    else if (isAuthorization && basicUser && !credentials.includes('${')) user(basicUser, password.join(':'));
    else kept[header] = PLAIN_HEADERS.has(header.toLowerCase()) ? value : variable(header, value);
  }
  return { name, url: withVariables(url, variable), headers: kept, auth, variables };
}

/** Replaces secrets in a URL by variables; all other bytes stay as they were typed. */
function withVariables(url: string, variable: (what: string, value: string) => string): string {
  const [, origin = '', rest = ''] = /^(https?:\/\/)(?:[^/?#]*@)?([^#]*)/i.exec(url.trim()) ?? [];
  const start = rest.indexOf('?');
  if (start < 0) return origin + rest;
  const query = rest
    .slice(start + 1)
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      const name = pair.slice(0, at);
      return at > 0 && at + 1 < pair.length && SECRET_PARAMETER.test(name) && !PAGING.test(name)
        ? `${name}=${variable(name, pair.slice(at + 1))}`
        : pair;
    });
  return `${origin}${rest.slice(0, start)}?${query.join('&')}`;
}

/** Parameters that are positions in a list, not credentials. */
const PAGING = /^(?:page|next|continuation|cursor)_?token$/i;

/** A name for the source: the last part of the path that can be one, else the host. */
function nameOf({ pathname, hostname }: URL): string {
  const parts = pathname.split('/').map((part) => part.replace(/^_+|\.\w{2,5}$/g, ''));
  const named = (part: string) => /^[A-Za-z][\w-]{1,39}$/.test(part) && !/^(?:api|v\d+|index)$/i.test(part);
  const host = /^[\d.]+$|^\[/.test(hostname) ? '' : hostname;
  const name = (parts.findLast(named) ?? host).replaceAll(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '');
  return name.slice(0, 64) || 'source';
}
