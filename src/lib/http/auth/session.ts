import type { Json } from '../../../model.ts';
import type { Clock } from '../../clock.ts';
import { isObject, isRawNumber, member, parseJson } from '../../json.ts';
import { parsePath } from '../../path.ts';
import { retryAfter } from '../../retry-after.ts';
import { encodeBody } from '../body.ts';
import { type Exchange, type HttpRequest, hostOf } from '../exchange.ts';
import { header } from '../header.ts';
import { isRedirect, methodAfter, redirectTarget, withoutBody } from '../redirect.ts';
import { troubleOf } from '../trouble.ts';
import { type Ask, type Barred, barred } from './access.ts';
import { Cookies } from './cookies.ts';
import type { Grant } from './grant.ts';
import type { Login } from './kinds.ts';

/** Of it nothing is known but that servers end it when they like. */
export interface Session extends Grant {
  readonly cookies: Cookies;
  /** What goes into a header; null when the cookies are the session. */
  readonly token: readonly [name: string, value: string] | null;
}

/** A login page sends its user on, perhaps twice. */
const MOST_REDIRECTS = 5;

const SENDABLE = /^[\t\x20-\x7e]{1,16000}$/;

/** Logs in, follows redirects as a browser does, and gives the session that comes of it. */
export async function logIn(auth: Login, ask: Ask, clock: Clock): Promise<Session | Barred> {
  const cookies = new Cookies();
  let url = new URL(auth.url);
  let request = loginRequest(auth);
  for (let redirects = 0; ; redirects += 1) {
    const place = `the login at ${hostOf(url)}`;
    const cookie = cookies.header(url, clock.now());
    const headers = cookie === null ? request.headers : [...request.headers, 'cookie', cookie];
    const came = await ask({ ...request, headers, origin: url.origin, path: url.pathname + url.search });
    if (came.kind === 'answer') cookies.take(url, came.headers['set-cookie'], clock.now());
    if (came.kind !== 'answer' || !isRedirect(came.status)) {
      return sessionOf(auth, came, cookies, place, clock.now());
    }
    const refused = (why: string) => barred('answer', `${place} redirects (${came.status}) ${why}`);
    const target = redirectTarget(url, header(came.headers, 'location'));
    if ('refused' in target) return refused(target.refused);
    if (redirects === MOST_REDIRECTS) return refused('once too often');
    const next = redirected(request, came.status, target.url.origin === url.origin);
    if (next === null) return refused('to another origin, which is not given the password');
    request = next;
    url = target.url;
  }
}

type Request = Pick<HttpRequest, 'method' | 'headers' | 'body'>;

function loginRequest(auth: Login): Request {
  const { body, contentType } = encodeBody(auth);
  const own = Object.entries(auth.headers).flatMap(([name, value]) => [name, value.reveal()]);
  const named = own.some((text, at) => at % 2 === 0 && text.toLowerCase() === 'content-type');
  const headers = contentType === null || named ? own : ['content-type', contentType, ...own];
  return { method: auth.method, headers, body };
}

/** Headers of the operator may hold a key, and a body the password: neither is for another origin. */
function redirected({ method, headers, body }: Request, status: number, same: boolean): Request | null {
  const next = methodAfter(status, method);
  const kept = next === method ? body : null;
  if (!same) return kept === null ? { method: next, headers: [], body: null } : null;
  return { method: next, headers: kept === null ? withoutBody(headers) : headers, body: kept };
}

function sessionOf(
  auth: Login,
  came: Exchange,
  cookies: Cookies,
  place: string,
  now: number,
): Session | Barred {
  if (came.kind === 'broken') {
    const { kind, reason } = troubleOf(came.error, came.stage);
    return barred(kind, `${place}: ${reason}`);
  }
  if (came.kind === 'too_large') return barred('answer', `${place}: the answer is too large`);
  const { status, headers } = came;
  if (status < 200 || status > 299) {
    const notBefore = retryAfter(header(headers, 'retry-after'), header(headers, 'date'), now);
    return barred(meaningOf(status), `${place} answered ${status}`, notBefore);
  }
  const forever = { renew: Number.POSITIVE_INFINITY, expires: Number.POSITIVE_INFINITY };
  if (auth.token === undefined) {
    if (cookies.values().length > 0) return { ...forever, cookies, token: null };
    return barred('credentials', `${place} set no cookie`);
  }
  const token = tokenAt(came.body.toString(), auth.token);
  if (token === null) return barred('credentials', `${place} gave no token at \`${auth.token}\``);
  const name = auth.header ?? 'authorization';
  const scheme = auth.scheme ?? (name.toLowerCase() === 'authorization' ? 'Bearer' : '');
  return { ...forever, cookies, token: [name, scheme === '' ? token : `${scheme} ${token}`] };
}

function meaningOf(status: number): 'credentials' | 'limited' | 'answer' {
  if (status === 429) return 'limited';
  return status < 500 ? 'credentials' : 'answer';
}

/** A token is text, or a number with all its digits; null if there is none that a header can carry. */
function tokenAt(text: string, path: string): string | null {
  let value: Json | undefined;
  try {
    value = parseJson(text);
  } catch {
    return null;
  }
  for (const name of parsePath(path)) value = isObject(value) ? member(value, name) : undefined;
  if (value !== undefined && isRawNumber(value)) return value.rawJSON;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && SENDABLE.test(value) ? value : null;
}
