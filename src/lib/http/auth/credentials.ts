import type { Auth } from './kinds.ts';

/** Where credentials go in a request: into a header, or as an encoded `name=value` into the query. */
export interface Credentials {
  readonly header: readonly [name: string, value: string] | null;
  readonly query: string | null;
}

const NONE: Credentials = { header: null, query: null };

/** The credentials that are the same in every request; none for the kinds that must be worked for. */
export function credentials(auth: Auth | null | undefined): Credentials {
  switch (auth?.type) {
    case 'basic': {
      // UTF-8, as RFC 7617 recommends; servers that expect Latin-1 agree on ASCII.
      return { ...NONE, header: ['authorization', basic(auth.username.reveal(), auth.password.reveal())] };
    }
    case 'bearer':
      return { ...NONE, header: ['authorization', `Bearer ${auth.token.reveal()}`] };
    case 'header':
      return { ...NONE, header: [auth.name, auth.value.reveal()] };
    case 'query':
      return { ...NONE, query: queryPair(auth.name, auth.value.reveal()) };
    default:
      return NONE;
  }
}

/** The value of an `Authorization` header for a user and a password (RFC 7617). */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** `%20` for a space, not `+`: every server understands it. */
export function queryPair(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}
