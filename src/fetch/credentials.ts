import type { SourceConfig } from '../config/document.ts';

/** Where credentials go in a request: into a header, or as an encoded `name=value` into the query. */
export interface Credentials {
  readonly header: readonly [name: string, value: string] | null;
  readonly query: string | null;
}

export function credentials(auth: SourceConfig['auth']): Credentials {
  switch (auth?.type) {
    case undefined:
      return { header: null, query: null };
    case 'basic': {
      // UTF-8, as RFC 7617 recommends; servers that expect Latin-1 agree on ASCII.
      const pair = Buffer.from(`${auth.username.reveal()}:${auth.password.reveal()}`).toString('base64');
      return { header: ['authorization', `Basic ${pair}`], query: null };
    }
    case 'bearer':
      return { header: ['authorization', `Bearer ${auth.token.reveal()}`], query: null };
    case 'header':
      return { header: [auth.name, auth.value.reveal()], query: null };
    case 'query':
      return { header: null, query: queryPair(auth.name, auth.value.reveal()) };
  }
}

/** `%20` for a space, not `+`: every server understands it. */
export function queryPair(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}
