import type { Clock } from '../../clock.ts';
import { fingerprint } from '../../fingerprint.ts';
import type { Redactor } from '../../redact.ts';
import type { Access } from './access.ts';
import { digest } from './digest.ts';
import type { Auth, Digest, Login, OAuth2 } from './kinds.ts';
import { login } from './login.ts';
import { oauth2 } from './oauth2.ts';

/** The credentials of a process that have to be obtained from servers, each shared by all its users. */
export interface Accesses {
  /** Null for credentials that are simply part of a request. */
  of(auth: Auth | null | undefined): Access | null;
  /** Forgets all others; requests that use one are not affected. */
  keepOnly(auths: Iterable<Auth | null | undefined>): void;
}

type Hiding = Pick<Redactor, 'hide' | 'forget'>;

const NOBODY: Hiding = { hide: () => undefined, forget: () => undefined };

/**
 * @param hiding called with each secret from a server and its owner, whose older secrets need not be hidden for long
 */
export function createAccesses(clock: Clock, hiding = NOBODY): Accesses {
  const made = new Map<string, Access>();
  return {
    of(auth) {
      if (!isNegotiated(auth)) return null;
      const key = fingerprint(auth);
      const known = made.get(key) ?? make(auth, clock, (secrets) => hiding.hide(key, secrets));
      made.set(key, known);
      return known;
    },
    keepOnly(auths) {
      const kept = new Set([...auths].filter(isNegotiated).map(fingerprint));
      for (const key of made.keys()) {
        if (kept.has(key)) continue;
        made.delete(key);
        hiding.forget(key);
      }
    },
  };
}

type Negotiated = OAuth2 | Login | Digest;

/** Whether credentials have to be obtained from a server, instead of being the same in every request. */
export function isNegotiated(auth: Auth | null | undefined): auth is Negotiated {
  return auth?.type === 'oauth2' || auth?.type === 'login' || auth?.type === 'digest';
}

function make(auth: Negotiated, clock: Clock, hide: (secrets: readonly string[]) => void): Access {
  switch (auth.type) {
    case 'oauth2':
      return oauth2(auth, clock, hide);
    case 'login':
      return login(auth, clock, hide);
    case 'digest':
      return digest(auth);
  }
}
