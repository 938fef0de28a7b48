import { messageOf } from '../../../errors.ts';
import type { Json } from '../../../model.ts';
import type { Clock } from '../../clock.ts';
import { compileExpression } from '../../expression.ts';
import { parsePath, valueAt } from '../../path.ts';
import { retryAfter } from '../../retry-after.ts';
import { encodeBody } from '../body.ts';
import { type Exchange, type HttpRequest, hostOf } from '../exchange.ts';
import { header } from '../header.ts';
import { isRedirect, methodAfter, redirectTarget } from '../redirect.ts';
import { troubleOf } from '../trouble.ts';
import { type Access, type Answer, type Ask, type Barred, barred, isBarred } from './access.ts';
import { Cookies } from './cookies.ts';
import { type Grant, Shared } from './grant.ts';
import type { Login } from './kinds.ts';

/** A session, which the server may end at any time. */
interface Session extends Grant {
  readonly cookies: Cookies;
  /** The token for a header; null if the cookies are the session. */
  readonly token: readonly [name: string, value: string] | null;
}

/** Redirects after a login, at most. */
const MOST_REDIRECTS = 5;

const SENDABLE = /^[\t\x20-\x7e]{1,16000}$/;

/**
 * A session: one login shared by all users, repeated when an answer shows that it has ended.
 *
 * @param hide called with each token and cookie, so that they are never shown
 */
export function login(auth: Login, clock: Clock, hide: (secrets: readonly string[]) => void): Access {
  const session = new Shared<Session>(clock);
  const isOver = ending(auth.expired_when);

  return {
    visit(ask) {
      let used: Session | null = null;
      let renewed = false;
      const enter = async () => {
        const came = await logIn(auth, ask, clock);
        if (!isBarred(came)) hide(secretsOf(came));
        return came;
      };
      const renew = () => {
        if (renewed || !used) return false;
        renewed = true;
        session.drop(used);
        return true;
      };
      return {
        async headers({ origin, path }) {
          const url = new URL(path, origin);
          for (;;) {
            const got = await session.get(enter);
            if (isBarred(got)) return got;
            used = got;
            const cookie = got.cookies.header(url, clock.now());
            const sent = [...(got.token ?? []), ...(cookie === null ? [] : ['cookie', cookie])];
            if (sent.length > 0) return sent;
            // The cookies have expired, or are for other places.
            if (!renew()) return barred('credentials', `the login set no cookie for ${hostOf(url)}`);
          }
        },
        answered({ origin, path }, { headers }) {
          if (!used || headers['set-cookie'] === undefined) return;
          used.cookies.take(new URL(path, origin), headers['set-cookie'], clock.now());
          hide(secretsOf(used));
        },
        async refused(answer) {
          if (answer.status === 401 && !answer.stranger) return renew();
          const over = await isOver(answer);
          return typeof over === 'boolean' ? over && renew() : over;
        },
      };
    },
  };
}

function secretsOf({ cookies, token }: Session): string[] {
  return [...cookies.values(), ...(token ? [token[1]] : [])];
}

/** Whether an answer shows that the session has ended, by `expired_when`. */
function ending(text: string | undefined): (answer: Answer) => Promise<boolean | Barred> {
  if (text === undefined) return async () => false;
  const expression = compileExpression(text);
  return async (answer) => {
    const body = await answer.text();
    try {
      const bindings = { status: answer.status, headers: answer.headers, text: body };
      return Boolean(await expression(jsonIn(body) ?? body, bindings));
    } catch (error) {
      return barred('credentials', `\`expired_when\` cannot be applied to the answer: ${messageOf(error)}`);
    }
  };
}

async function logIn(auth: Login, ask: Ask, clock: Clock): Promise<Session | Barred> {
  const cookies = new Cookies();
  let url = new URL(auth.url);
  let { method, body, headers } = loginRequest(auth);
  for (let redirects = 0; ; redirects += 1) {
    const place = `the login at ${hostOf(url)}`;
    const cookie = cookies.header(url, clock.now());
    const sent = cookie === null ? headers : [...headers, 'cookie', cookie];
    const came = await ask({
      method,
      origin: url.origin,
      path: url.pathname + url.search,
      headers: sent,
      body,
    });
    if (came.kind === 'answer') cookies.take(url, came.headers['set-cookie'], clock.now());
    if (came.kind !== 'answer' || !isRedirect(came.status))
      return sessionOf(auth, came, cookies, place, clock);

    const target = redirectTarget(url, header(came.headers, 'location'));
    const next = methodAfter(came.status, method);
    if ('refused' in target || redirects === MOST_REDIRECTS) {
      const why = 'refused' in target ? target.refused : 'once too often';
      return barred('answer', `${place} redirects (${came.status}) ${why}`);
    }
    if (next === method && body !== null && target.url.origin !== url.origin) {
      return barred(
        'answer',
        `${place} redirects (${came.status}) to another origin, which is not given the password`,
      );
    }
    if (next !== method) [method, body] = [next, null];
    // Headers of the login must not be sent elsewhere: they may hold a key.
    if (body === null || target.url.origin !== url.origin) headers = [];
    url = target.url;
  }
}

function loginRequest(auth: Login): Pick<HttpRequest, 'method' | 'headers' | 'body'> {
  const { body, contentType } = encodeBody(auth);
  const own = Object.entries(auth.headers).flatMap(([name, value]) => [name, value.reveal()]);
  const named = own.some((text, at) => at % 2 === 0 && text.toLowerCase() === 'content-type');
  return {
    method: auth.method,
    headers: contentType === null || named ? own : ['content-type', contentType, ...own],
    body,
  };
}

function sessionOf(
  auth: Login,
  came: Exchange,
  cookies: Cookies,
  place: string,
  clock: Clock,
): Session | Barred {
  if (came.kind === 'broken') {
    const { kind, reason } = troubleOf(came.error, came.stage);
    return barred(kind, `${place}: ${reason}`);
  }
  if (came.kind === 'too_large') return barred('answer', `${place}: the answer is too large`);
  const { status, headers } = came;
  if (status < 200 || status > 299) {
    const notBefore = retryAfter(header(headers, 'retry-after'), header(headers, 'date'), clock.now());
    return barred(meaningOf(status), `${place} answered ${status}`, notBefore);
  }
  const forever = { renew: Number.POSITIVE_INFINITY, expires: Number.POSITIVE_INFINITY };
  if (auth.token === undefined) {
    if (cookies.values().length > 0) return { ...forever, cookies, token: null };
    return barred('credentials', `${place} set no cookie`);
  }
  const token = valueAt(jsonIn(came.body.bytes.toString()), parsePath(auth.token));
  if (typeof token !== 'string' || !SENDABLE.test(token)) {
    return barred('credentials', `${place} gave no token at \`${auth.token}\``);
  }
  const name = auth.header ?? 'authorization';
  const scheme = auth.scheme ?? (name.toLowerCase() === 'authorization' ? 'Bearer' : '');
  return { ...forever, cookies, token: [name, scheme === '' ? token : `${scheme} ${token}`] };
}

function meaningOf(status: number): 'credentials' | 'limited' | 'answer' {
  if (status === 429) return 'limited';
  return status < 500 ? 'credentials' : 'answer';
}

function jsonIn(text: string): Json | undefined {
  try {
    // For expressions, which compute with JavaScript numbers.
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
