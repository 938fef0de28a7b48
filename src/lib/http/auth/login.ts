import { messageOf } from '../../../errors.ts';
import type { Clock } from '../../clock.ts';
import { truthOf } from '../../expression/result.ts';
import { compileExpression } from '../../expression.ts';
import { hostOf } from '../exchange.ts';
import { type Access, type Answer, type Barred, barred, isBarred } from './access.ts';
import { Shared } from './grant.ts';
import type { Login } from './kinds.ts';
import { logIn, type Session } from './session.ts';

const STILL_OVER = '`expired_when` is true even after a new login';

/**
 * A session: one login for all users, and one more when an answer shows that it is over.
 *
 * @param hide told each token and cookie, so that it is never shown
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
        heard({ origin, path }, { headers }) {
          if (!used || headers['set-cookie'] === undefined) return;
          used.cookies.take(new URL(path, origin), headers['set-cookie'], clock.now());
          hide(secretsOf(used));
        },
        async refused(answer) {
          if (answer.status === 401 && !answer.stranger) return renew();
          const over = await isOver(answer);
          // An answer that shows the end of a session is no data, even if a new login did not help.
          return over === true ? renew() || barred('credentials', STILL_OVER) : over;
        },
      };
    },
  };
}

function secretsOf({ cookies, token }: Session): string[] {
  return [...cookies.values(), ...(token ? [token[1]] : [])];
}

/** Whether an answer shows that the session is over, as `expired_when` says. */
function ending(text: string | undefined): (answer: Answer) => Promise<boolean | Barred> {
  if (text === undefined) return async () => false;
  const expression = compileExpression(text);
  return async (answer) => {
    const body = await answer.text();
    try {
      const bindings = { status: answer.status, headers: answer.headers, text: body };
      return truthOf(await expression(documentOf(body), bindings));
    } catch (error) {
      return barred('credentials', `\`expired_when\` cannot be applied to the answer: ${messageOf(error)}`);
    }
  };
}

function documentOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
