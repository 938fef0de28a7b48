import type { Secret } from '../../secret.ts';

/** How a system wants to know who asks. */
export type Auth = Basic | Bearer | Header | Query;

interface Basic {
  readonly type: 'basic';
  readonly username: Secret;
  readonly password: Secret;
}

interface Bearer {
  readonly type: 'bearer';
  readonly token: Secret;
}

interface Header {
  readonly type: 'header';
  readonly name: string;
  readonly value: Secret;
}

interface Query {
  readonly type: 'query';
  readonly name: string;
  readonly value: Secret;
}
