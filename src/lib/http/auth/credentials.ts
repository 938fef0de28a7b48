import { Secret } from '../../secret.ts';
import type { Auth } from './kinds.ts';

/** Where credentials go in a request: into a header, or as an encoded `name=value` into the query. */
export interface Credentials {
  readonly header: readonly [name: string, value: string] | null;
  readonly query: string | null;
}

const NONE: Credentials = { header: null, query: null };

/** Credentials that are the same in every request; none for kinds that have to be obtained from a server. */
export function credentials(auth: Auth | null | undefined): Credentials {
  switch (auth?.type) {
    case 'basic': {
      // UTF-8, as RFC 7617 recommends; servers that expect Latin-1 agree on ASCII.
      return { ...NONE, header: ['authorization', basic(auth)] };
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

/**
 * The header that credentials are sent in, in lower case; null if they are in none, or in cookies, which others may
 * share.
 */
export function credentialHeader(auth: Auth | null): string | null {
  switch (auth?.type) {
    case undefined:
    case 'query':
      return null;
    case 'header':
      return auth.name.toLowerCase();
    case 'login':
      return auth.token === undefined ? null : (auth.header ?? 'authorization').toLowerCase();
    default:
      return 'authorization';
  }
}

/** The value of an `Authorization` header for a user and a password (RFC 7617). */
export function basic({ username, password }: User): string {
  return `Basic ${encoded(username.reveal(), password.reveal())}`;
}

/** The same for a client (RFC 6749, 2.3.1): both are form-encoded before they are joined. */
export function basicClient(client: Client): string {
  return `Basic ${encodedClient(client)}`;
}

/** The encoded forms of an object's secrets on the wire, if it has any. */
export function* basicOf(value: object): Iterable<string> {
  if (holds(value, 'username', 'password')) yield encoded(value.username.reveal(), value.password.reveal());
  if (holds(value, 'client_id', 'client_secret')) yield encodedClient(value);
}

type User = { readonly username: Secret; readonly password: Secret };
type Client = { readonly client_id: Secret; readonly client_secret: Secret };

function encoded(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

function encodedClient({ client_id, client_secret }: Client): string {
  return encoded(formEncoded(client_id.reveal()), formEncoded(client_secret.reveal()));
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function holds<K extends string>(value: object, ...names: K[]): value is { readonly [name in K]: Secret } {
  const members = value as { readonly [name: string]: unknown };
  return names.every((name) => members[name] instanceof Secret);
}

/** `%20` for a space, not `+`: every server understands it. */
export function queryPair(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

/** Appends encoded `name=value` pairs to the query of a URL, of which every byte stays as it was written. */
export function addQuery(url: URL, pairs: readonly string[]): void {
  url.search = [url.search.slice(1), ...pairs].filter((part) => part !== '').join('&');
}
