import { credentialHeader } from '../lib/http/auth/credentials.ts';
import type { Auth } from '../lib/http/auth/kinds.ts';
import { type Proxies, type ProxyServer, proxyFor } from '../lib/http/proxy.ts';
import type { Tls } from '../lib/http/tls.ts';
import type { TlsOptions } from './access.ts';
import type { Finding } from './problem.ts';
import { credentialProblems } from './references.ts';
import { at } from './rules.ts';
import { readTls } from './tls-files.ts';
import { type Place, step } from './tree.ts';

/** What sources and webhooks may refer to: parts of the rest of the file, and of its surroundings. */
export interface Around {
  /** Credentials by name; null for those with mistakes of their own. */
  readonly auth: ReadonlyMap<string, Auth | null>;
  /** The proxies of the environment. */
  readonly proxies: Proxies | null;
  /** Gives the absolute path of a file, and notes that it is read. */
  readonly locate: (path: string) => string;
}

/** How a source or webhook reaches its server, with references resolved and files read: credentials, TLS, proxies. */
export interface Access {
  readonly auth: Auth | null;
  readonly tls: Tls | null;
  readonly proxies: Proxies | null;
}

interface Written {
  readonly auth?: string | Auth | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly proxy?: ProxyServer | false | undefined;
}

/** Checks and resolves the options that sources and webhooks have in common. */
export function resolveAccess(
  { auth, tls, proxy }: Written,
  place: Place,
  around: Around,
): Access & { readonly findings: readonly Finding[]; readonly warnings: readonly Finding[] } {
  const read = tls
    ? readTls(tls, step(place, 'tls'), around.locate)
    : { tls: null, findings: [], warnings: [] };
  const used = typeof auth === 'string' ? (around.auth.get(auth) ?? null) : (auth ?? null);
  return {
    auth: used,
    tls: read.tls,
    proxies: proxiesOf(proxy, around),
    findings: [
      ...credentialProblems(auth, place, [...around.auth.keys()]),
      ...headerWrittenTwice(used, place),
      ...read.findings,
    ],
    warnings: read.warnings,
  };
}

function headerWrittenTwice(auth: Auth | null, place: Place): Finding[] {
  const { tree, path } = step(place, 'headers');
  if (tree?.kind !== 'map') return [];
  const name = credentialHeader(auth);
  return [...tree.entries].flatMap(([header, { at }]) => {
    if (header.toLowerCase() !== name) return [];
    const message = 'this header is written by `auth`';
    return [{ at, path: `${path}.${header}`, message, hint: 'remove one of them' }];
  });
}

function proxiesOf(proxy: Written['proxy'], { proxies }: Around): Proxies | null {
  if (proxy === undefined) return proxies;
  return proxy === false ? null : { http: proxy, https: proxy, bypass: [] };
}

/**
 * Behind a proxy the addresses of names are unknown here, so that an egress policy could not be enforced: the
 * combination is a mistake.
 */
export function egressProblems(url: string | undefined, proxies: Proxies | null, place: Place): Finding[] {
  const there = step(place, 'egress');
  if (!there.tree || url === undefined || !proxies || !proxyFor(proxies, new URL(url))) return [];
  const who = step(place, 'proxy').tree ? '`proxy`' : 'the proxy of the environment';
  const message = `${who} makes the connections, so \`egress\` cannot be kept`;
  return [at(there, message, 'write `proxy: false`, or remove `egress` and let the proxy decide')];
}
