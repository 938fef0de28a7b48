import type { Secret } from '../../secret.ts';

/** Kinds of credentials. The first four are part of each request; the others have to be obtained from a server. */
export type Auth = Basic | Bearer | Header | Query | OAuth2 | Login | Digest;

export interface Basic {
  readonly type: 'basic';
  readonly username: Secret;
  readonly password: Secret;
}

export interface Bearer {
  readonly type: 'bearer';
  readonly token: Secret;
}

export interface Header {
  readonly type: 'header';
  readonly name: string;
  readonly value: Secret;
}

export interface Query {
  readonly type: 'query';
  readonly name: string;
  readonly value: Secret;
}

/** Client credentials (RFC 6749, 4.4). */
export interface OAuth2 {
  readonly type: 'oauth2';
  readonly token_url: string;
  readonly client_id: Secret;
  readonly client_secret: Secret;
  readonly scope?: string | undefined;
  readonly audience?: string | undefined;
  readonly style: 'basic' | 'body';
  /** Statuses after which a new token is asked for, once. */
  readonly refresh_on: readonly number[];
}

/** A session: cookies, or a token that goes into a header. */
export interface Login {
  readonly type: 'login';
  readonly url: string;
  readonly method: string;
  readonly headers: { readonly [name: string]: Secret };
  readonly body?: LoginValue | undefined;
  readonly content_type?: string | undefined;
  /** Path of the token in the answer; without it, the session is in the cookies. */
  readonly token?: string | undefined;
  /** `authorization` by default. */
  readonly header?: string | undefined;
  /** What precedes the token in the header; by default `Bearer` in `authorization`. */
  readonly scheme?: string | undefined;
  /** JSONata on an answer: true means that the session is over. */
  readonly expired_when?: string | undefined;
}

export type LoginValue =
  | Secret
  | string
  | number
  | boolean
  | null
  | readonly LoginValue[]
  | { readonly [name: string]: LoginValue };

/** RFC 7616. */
export interface Digest {
  readonly type: 'digest';
  readonly username: Secret;
  readonly password: Secret;
}
