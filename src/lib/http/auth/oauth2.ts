import type { Json, JsonObject } from '../../../model.ts';
import type { Clock } from '../../clock.ts';
import { isObject, member, parseJson } from '../../json.ts';
import { retryAfter } from '../../retry-after.ts';
import { type Exchange, type HttpRequest, hostOf } from '../exchange.ts';
import { header } from '../header.ts';
import { troubleOf } from '../trouble.ts';
import { type Access, type Barred, barred, isBarred } from './access.ts';
import { basicClient } from './credentials.ts';
import { type Grant, Shared } from './grant.ts';
import type { OAuth2 } from './kinds.ts';

interface Token extends Grant {
  readonly value: string;
}

/** Milliseconds by which a token is renewed before it expires, but not before nine tenths of its lifetime. */
const MARGIN = 60_000;

/** Tokens that can be sent in a header; JSON web tokens may be long. */
const SENDABLE = /^[\x21-\x7e]{1,16000}$/;

/** Error codes of RFC 6749, 5.2, and RFC 8707. Other text of a server is not quoted, since it may echo a secret. */
const ERRORS = new Set([
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client'],
  ...['unsupported_grant_type', 'invalid_scope', 'invalid_target', 'access_denied', 'server_error'],
  ...['temporarily_unavailable', 'slow_down'],
]);

/**
 * OAuth 2.0 client credentials (RFC 6749, 4.4): one token shared by all users, renewed before it expires, and once
 * more if a request is refused nevertheless.
 *
 * @param hide called with each token, so that it is never shown
 */
export function oauth2(auth: OAuth2, clock: Clock, hide: (secrets: readonly string[]) => void): Access {
  const token = new Shared<Token>(clock);
  const request = tokenRequest(auth);
  const place = `the token server ${hostOf(new URL(auth.token_url))}`;

  return {
    visit(ask) {
      let used: Token | null = null;
      let renewed = false;
      const obtain = async () => {
        const came = read(await ask(request), place, clock.now());
        if (!isBarred(came)) hide([came.value]);
        return came;
      };
      return {
        async headers() {
          const got = await token.get(obtain);
          if (isBarred(got)) return got;
          used = got;
          return ['authorization', `Bearer ${got.value}`];
        },
        answered() {},
        async refused({ status, stranger }) {
          if (renewed || !used || stranger || !auth.refresh_on.includes(status)) return false;
          renewed = true;
          token.drop(used);
          return true;
        },
      };
    },
  };
}

function tokenRequest(auth: OAuth2): HttpRequest {
  const { token_url, client_id, client_secret, scope, audience, style } = auth;
  const url = new URL(token_url);
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { audience }),
    ...(style === 'body' && { client_id: client_id.reveal(), client_secret: client_secret.reveal() }),
  });
  return {
    method: 'POST',
    origin: url.origin,
    path: url.pathname + url.search,
    headers: [
      ...['content-type', 'application/x-www-form-urlencoded'],
      ...['accept', 'application/json'],
      ...(style === 'basic' ? ['authorization', basicClient(auth)] : []),
    ],
    body: Buffer.from(form.toString()),
  };
}

function read(came: Exchange, place: string, now: number): Token | Barred {
  if (came.kind === 'broken') {
    const { kind, reason } = troubleOf(came.error, came.stage);
    return barred(kind, `${place}: ${reason}`);
  }
  if (came.kind === 'too_large') return barred('answer', `${place}: the answer is too large`);
  const { status } = came;
  const answer = objectIn(came.body.bytes);
  if (status < 200 || status > 299) {
    const error = answer && textOf(answer, 'error');
    const why = error && ERRORS.has(error) ? ` (${error})` : '';
    const notBefore = retryAfter(header(came.headers, 'retry-after'), header(came.headers, 'date'), now);
    return barred(meaningOf(status), `${place} answered ${status}${why}`, notBefore);
  }
  const value = answer && textOf(answer, 'access_token');
  if (!value || !SENDABLE.test(value)) return barred('answer', `${place} gave no \`access_token\``);
  const life = lifeOf(answer);
  return { value, renew: now + Math.max(life - MARGIN, life * 0.9), expires: now + life };
}

/** The meaning of an error status. Wrong credentials are answered with 400 (`invalid_grant`), 401 or 403. */
function meaningOf(status: number): 'credentials' | 'limited' | 'answer' {
  if (status === 429) return 'limited';
  return status === 400 || status === 401 || status === 403 ? 'credentials' : 'answer';
}

/**
 * Lifetime of a token in milliseconds; some servers send `expires_in` as a string. Without one the token is used
 * until it is refused.
 */
function lifeOf(answer: JsonObject): number {
  const seconds = Number(textOf(answer, 'expires_in') ?? Number.NaN);
  return seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY;
}

function objectIn(body: Buffer): JsonObject | null {
  try {
    const value: Json = parseJson(body.toString());
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function textOf(answer: JsonObject, name: string): string | null {
  const value = member(answer, name);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : null;
}
