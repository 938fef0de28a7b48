import ipaddr from 'ipaddr.js';
import { Secret } from '../secret.ts';

/** A proxy that requests go through. */
export interface ProxyServer {
  /** `http://host:port`; with `https:` the connection to the proxy itself is encrypted. */
  readonly origin: string;
  /** Null if the proxy needs no credentials. */
  readonly user: { readonly username: Secret; readonly password: Secret } | null;
}

/** Proxies by the scheme of the target, and the hosts that are reached directly. */
export interface Proxies {
  readonly http: ProxyServer | null;
  readonly https: ProxyServer | null;
  /** Hosts that are reached directly, as written in NO_PROXY. */
  readonly bypass: readonly string[];
}

/** The proxy for a URL; null for the direct way. */
export function proxyFor({ http, https, bypass }: Proxies, url: URL): ProxyServer | null {
  const proxy = url.protocol === 'https:' ? https : http;
  return proxy === null || bypass.some((rule) => matches(rule, url)) ? null : proxy;
}

/**
 * Whether a rule of NO_PROXY names a URL's host: `*`, a domain with all below it (with or without a leading dot), an
 * address, or a network like 10.0.0.0/8; with `:port` for one port only.
 */
function matches(rule: string, { hostname, port, protocol }: URL): boolean {
  if (rule === '*') return true;
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const address = ipaddr.isValid(host) ? ipaddr.process(host) : null;
  if (rule.includes('/')) {
    return address !== null && ipaddr.isValidCIDR(rule) && inNetwork(address, ipaddr.parseCIDR(rule));
  }
  const [, name = rule, ofRule] = /^(\[.*\]|[^:]*):(\d+)$/.exec(rule) ?? [];
  if (ofRule !== undefined && ofRule !== (port || (protocol === 'https:' ? '443' : '80'))) return false;
  const wanted = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  if (address) return ipaddr.isValid(wanted) && ipaddr.process(wanted).toString() === address.toString();
  return wanted !== '' && (host === wanted || host.endsWith(`.${wanted}`));
}

/** Whether an address is in a network; never for one of the other family. */
export function inNetwork(
  address: ipaddr.IPv4 | ipaddr.IPv6,
  network: [ipaddr.IPv4 | ipaddr.IPv6, number],
): boolean {
  return address.kind() === network[0].kind() && address.match(network);
}

/** Reads `http://user:password@host:port`. The mistake does not quote the text, which may be secret. */
export function proxyServer(text: string): ProxyServer | { readonly mistake: string } {
  const url = URL.parse(text);
  if (!url?.hostname) return { mistake: 'this is not the URL of a proxy' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { mistake: 'only http:// and https:// proxies are supported' };
  }
  if (url.pathname !== '/' || url.search || url.hash) return { mistake: 'a proxy has no path' };
  if (url.username === '' && url.password === '') return { origin: url.origin, user: null };
  try {
    const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return { origin: url.origin, user: { username: new Secret(username), password: new Secret(password) } };
  } catch {
    return { mistake: 'the user name or password is not percent-encoded right' };
  }
}

/**
 * The proxies that an environment names; as with other programs, the lower-case name comes first. This machine itself
 * is always reached directly.
 *
 * @returns null if there is none; otherwise with the names of the variables that cannot be read
 */
export function environmentProxies(env: Readonly<Record<string, string | undefined>>): {
  readonly proxies: Proxies | null;
  readonly mistakes: readonly { readonly variable: string; readonly mistake: string }[];
} {
  const mistakes: { variable: string; mistake: string }[] = [];
  const read = (name: string): ProxyServer | null => {
    const variable = [name, name.toUpperCase()].find((one) => env[one]);
    if (variable === undefined) return null;
    const server = proxyServer(env[variable] ?? '');
    if (!('mistake' in server)) return server;
    mistakes.push({ variable, ...server });
    return null;
  };
  const [http, https] = [read('http_proxy'), read('https_proxy')];
  const written = (env.no_proxy || env.NO_PROXY || '').split(/[\s,]+/).filter(Boolean);
  const bypass = [...LOCAL, ...written.map((rule) => rule.toLowerCase())];
  return { proxies: http || https ? { http, https, bypass } : null, mistakes };
}

const LOCAL = ['localhost', '127.0.0.0/8', '::1'];
