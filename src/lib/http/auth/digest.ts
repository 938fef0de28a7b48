import { hash, randomBytes } from 'node:crypto';
import type { HttpRequest } from '../exchange.ts';
import type { Access } from './access.ts';
import { type Challenge, challenges, parameters } from './challenge.ts';
import type { Digest } from './kinds.ts';

/** By preference; each also as `-sess`. A server that names none means MD5. */
const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['SHA-512-256', 'sha512-256'],
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
]);

/** A server's challenge, which is answered for every request while its nonce is valid. */
export interface Agreed {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  /** The algorithm as the server wrote it; null if it named none. */
  readonly algorithm: string | null;
  /** Null for servers before RFC 2617. */
  readonly qop: 'auth' | 'auth-int' | null;
  readonly userhash: boolean;
  /** The client nonce, kept as long as the server's nonce, which the `-sess` algorithms require. */
  readonly cnonce: string;
}

interface Server {
  agreed: Agreed;
  /** Requests made with this nonce. */
  count: number;
}

/** Servers of which challenges are kept, at most. */
const MOST_SERVERS = 100;

/**
 * Digest access authentication (RFC 7616, and RFC 2069 for old devices). The first request is sent without
 * credentials, to get the server's challenge; its nonce is then used until the server calls it stale or gives the
 * next one.
 */
export function digest(auth: Digest, random: () => string = newNonce): Access {
  const servers = new Map<string, Server>();
  return {
    visit() {
      let tries = 0;
      let last: HttpRequest | null = null;
      return {
        async headers(request) {
          last = request;
          const server = servers.get(request.origin);
          if (!server) return [];
          server.count += 1;
          return ['authorization', authorization(auth, server.agreed, server.count, request)];
        },
        answered({ origin }, { headers }) {
          const server = servers.get(origin);
          const next = server && parameters(String(headers['authentication-info'] ?? '')).get('nextnonce');
          if (server && next) servers.set(origin, { agreed: { ...server.agreed, nonce: next }, count: 0 });
        },
        async refused({ status, headers, stranger }) {
          if (status !== 401 || !last || stranger) return false;
          const challenge = strongest(challenges(headers['www-authenticate']));
          if (!challenge) return false;
          const agreed = { ...challenge.agreed, cnonce: random() };
          if (servers.size >= MOST_SERVERS) servers.clear();
          servers.set(last.origin, { agreed, count: 0 });
          tries += 1;
          // A nonce that is stale says nothing about the password.
          return tries === 1 || (tries === 2 && challenge.stale);
        },
      };
    },
  };
}

function newNonce(): string {
  return randomBytes(16).toString('hex');
}

/** The challenge with the strongest supported hash. */
export function strongest(
  all: readonly Challenge[],
): { readonly agreed: Omit<Agreed, 'cnonce'>; readonly stale: boolean } | null {
  const usable = all.flatMap(({ scheme, parameters }) => {
    const [realm, nonce] = [parameters.get('realm'), parameters.get('nonce')];
    if (scheme !== 'digest' || realm === undefined || nonce === undefined) return [];
    const algorithm = parameters.get('algorithm') ?? null;
    const rank = [...ALGORITHMS.keys()].indexOf(baseOf(algorithm));
    const qop = qopOf(parameters.get('qop'));
    if (rank < 0 || qop === undefined) return [];
    const agreed = {
      realm,
      nonce,
      algorithm,
      qop,
      opaque: parameters.get('opaque') ?? null,
      userhash: parameters.get('userhash')?.toLowerCase() === 'true',
    };
    return [{ agreed, rank, stale: parameters.get('stale')?.toLowerCase() === 'true' }];
  });
  return usable.toSorted((a, b) => a.rank - b.rank)[0] ?? null;
}

function qopOf(offered: string | undefined): Agreed['qop'] | undefined {
  if (offered === undefined) return null;
  const options = offered.toLowerCase().split(/[\s,]+/);
  if (options.includes('auth')) return 'auth';
  return options.includes('auth-int') ? 'auth-int' : undefined;
}

function baseOf(algorithm: string | null): string {
  return (algorithm ?? 'MD5').toUpperCase().replace(/-SESS$/, '');
}

/**
 * The value of `Authorization` (RFC 7616, 3.4).
 *
 * @param count requests made with the nonce, this one included
 */
export function authorization(
  { username, password }: Digest,
  agreed: Agreed,
  count: number,
  { method, path, body }: HttpRequest,
): string {
  const { realm, nonce, opaque, algorithm, qop, userhash, cnonce } = agreed;
  const h = (data: string | Buffer) => hash(ALGORITHMS.get(baseOf(algorithm)) ?? 'md5', data);
  const user = username.reveal();
  const nc = count.toString(16).padStart(8, '0');
  const session = /-sess$/i.test(algorithm ?? '');

  const secret = h(`${user}:${realm}:${password.reveal()}`);
  const a1 = session ? h(`${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = h(qop === 'auth-int' ? `${method}:${path}:${h(body ?? '')}` : `${method}:${path}`);
  const response = h(qop === null ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}`);

  const parts = [
    nameOf(user, userhash ? h(`${user}:${realm}`) : null),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(path)}`,
    `response="${response}"`,
    ...(algorithm === null ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === null ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop === null ? [] : [`qop=${qop}`, `nc=${nc}`]),
    ...(qop === null && !session ? [] : [`cnonce="${cnonce}"`]),
    ...(userhash ? ['userhash=true'] : []),
  ];
  return `Digest ${parts.join(', ')}`;
}

function nameOf(user: string, hashed: string | null): string {
  if (hashed !== null) return `username="${hashed}"`;
  // RFC 8187: for characters that a quoted string cannot carry.
  return /^[\x20-\x7e]*$/.test(user)
    ? `username=${quoted(user)}`
    : `username*=UTF-8''${encodeURIComponent(user)}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
