import { isIP } from 'node:net';

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** Whether it is sent only to the host that set it, not to subdomains. */
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  /** Unix milliseconds. */
  readonly expires: number;
}

/** Cookies at most: a session needs a handful. */
const MOST_COOKIES = 50;
const LONGEST_COOKIE = 8192;

/**
 * The cookies of a session (RFC 6265): set by answers, sent to the hosts and paths that they are for, until they
 * expire.
 */
export class Cookies {
  #cookies: Cookie[] = [];

  /**
   * Takes over what an answer sets. What does not belong to its host is ignored.
   *
   * @param lines the values of `Set-Cookie`
   * @param now Unix milliseconds
   */
  take(url: URL, lines: string | readonly string[] | undefined, now: number): void {
    for (const line of lines === undefined ? [] : [lines].flat()) {
      const cookie = parse(line, url, now);
      if (!cookie) continue;
      this.#cookies = this.#cookies.filter((other) => !isSame(other, cookie));
      if (cookie.expires > now) this.#cookies.push(cookie);
      if (this.#cookies.length > MOST_COOKIES) this.#cookies.shift();
    }
  }

  /** The value of `Cookie` for a request; null if there is nothing to send. Longer paths come first. */
  header(url: URL, now: number): string | null {
    const fitting = this.#cookies.filter((cookie) => cookie.expires > now && belongs(cookie, url));
    if (fitting.length === 0) return null;
    return fitting
      .toSorted((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => (name === '' ? value : `${name}=${value}`))
      .join('; ');
  }

  /** All values, which are as good as passwords. */
  values(): string[] {
    return this.#cookies.map(({ value }) => value);
  }
}

function isSame(a: Cookie, b: Cookie): boolean {
  return a.name === b.name && a.domain === b.domain && a.path === b.path;
}

function belongs({ domain, hostOnly, path, secure }: Cookie, url: URL): boolean {
  const host = hostOf(url);
  if (secure && url.protocol !== 'https:') return false;
  if (host !== domain && (hostOnly || !isBelow(host, domain))) return false;
  const { pathname } = url;
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}

function parse(line: string, url: URL, now: number): Cookie | null {
  if (line.length > LONGEST_COOKIE) return null;
  const [pair = '', ...rest] = line.split(';');
  const equals = pair.indexOf('=');
  const name = pair.slice(0, Math.max(equals, 0)).trim();
  const value = pair.slice(equals + 1).trim();
  if (name === '' && value === '') return null;

  const attributes = new Map(rest.map(attribute));
  const host = hostOf(url);
  const wanted = attributes.get('domain')?.replace(/^\./, '').toLowerCase();
  const shared = wanted !== undefined && wanted !== '' && wanted !== host;
  // There is no list of public suffixes here, but at least top-level domains are refused.
  if (shared && !(isBelow(host, wanted) && wanted.includes('.'))) return null;
  const path = attributes.get('path');
  return {
    name,
    value,
    domain: shared ? wanted : host,
    hostOnly: !wanted,
    path: path?.startsWith('/') ? path : defaultPath(url),
    secure: attributes.has('secure'),
    expires: end(attributes, now),
  };
}

function attribute(text: string): [name: string, value: string] {
  const [name = '', ...value] = text.split('=');
  return [name.trim().toLowerCase(), value.join('=').trim()];
}

/**
 * When a cookie expires. `Max-Age` takes precedence over `Expires`; unreadable values are ignored. Dates may be
 * written with dashes.
 */
function end(attributes: ReadonlyMap<string, string>, now: number): number {
  const age = attributes.get('max-age') ?? '';
  if (/^-?\d+$/.test(age)) return now + Number(age) * 1000;
  const date = Date.parse((attributes.get('expires') ?? '').slice(0, 60).replaceAll('-', ' '));
  return Number.isNaN(date) ? Number.POSITIVE_INFINITY : date;
}

/** RFC 6265, 5.1.4: up to the last slash. */
function defaultPath({ pathname }: URL): string {
  return pathname.slice(0, Math.max(pathname.lastIndexOf('/'), 1));
}

function isBelow(host: string, domain: string): boolean {
  return isIP(host) === 0 && host.endsWith(`.${domain}`);
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
