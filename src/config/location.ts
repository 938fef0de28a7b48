import { resolve } from 'node:path';
import { isLoopback } from '../lib/loopback.ts';
import type { Secret } from '../lib/secret.ts';
import type { StateLocation } from './document.ts';
import type { Finding } from './problem.ts';
import { type Place, step } from './tree.ts';
import { isAddress } from './values.ts';

/** Environment variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Located =
  | { readonly kind: 'ok'; readonly state: StateLocation }
  | { readonly kind: 'invalid'; readonly message: string; readonly hint: string };

/** Reads the location of the state: `sqlite:PATH` or a folder, relative to `base`. Messages never quote the text. */
export function locateState(text: string, base: string): Located {
  if (/^postgres(?:ql)?:/i.test(text)) {
    return invalid('PostgreSQL is not supported by this version');
  }
  const [, scheme, rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]+):(.*)$/s.exec(text) ?? [];
  if (/^~(?:\/|$)/.test(scheme === undefined ? text : rest)) {
    const hint = 'write the whole path, or in the configuration ${HOME}/…';
    return { kind: 'invalid', message: 'only a shell knows what ~ stands for', hint };
  }
  if (scheme === undefined) return { kind: 'ok', state: { kind: 'json', folder: resolve(base, text) } };
  if (scheme !== 'sqlite' || rest === '' || rest.startsWith('//') || rest === ':memory:') {
    return invalid('this is not a place for state');
  }
  return { kind: 'ok', state: { kind: 'sqlite', file: resolve(base, rest) } };
}

function invalid(message: string): Located {
  return { kind: 'invalid', message, hint: 'write a folder like ./data, or a file like sqlite:./state.db' };
}

/** A value, and mistakes in it. */
export interface Found<T> {
  /** Undefined if it is invalid. */
  readonly value: T | undefined;
  readonly findings: readonly Finding[];
}

/** `state`, else $POLLHOOK_STATE, else ./data. */
export function stateOf(
  written: string | undefined,
  place: Place,
  base: string,
  env: Environment,
): Found<StateLocation> {
  const there = step(place, 'state');
  const text = there.tree ? written : env.POLLHOOK_STATE || './data';
  if (text === undefined) return { value: undefined, findings: [] };
  const located = locateState(text, base);
  if (located.kind === 'ok') return { value: located.state, findings: [] };
  const { message, hint } = located;
  const where = there.tree ? { at: there.tree.at, path: 'state' } : { at: null, path: '$POLLHOOK_STATE' };
  return { value: undefined, findings: [{ ...where, message, hint }] };
}

const DEFAULT_ADDRESS = '127.0.0.1:8080';

/** `server.listen`, else $POLLHOOK_LISTEN, else loopback. */
export function listenOf(
  written: string | false | undefined,
  place: Place,
  env: Environment,
): Found<string | false> {
  if (step(step(place, 'server'), 'listen').tree) return { value: written, findings: [] };
  const text = env.POLLHOOK_LISTEN || DEFAULT_ADDRESS;
  if (text === 'false') return { value: false, findings: [] };
  if (isAddress(text)) return { value: text, findings: [] };
  const hint = 'an address is written like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080';
  const finding = { at: null, path: '$POLLHOOK_LISTEN', message: 'this is not an address', hint };
  return { value: undefined, findings: [finding] };
}

/** Warns if other machines can reach the server and there is no token: console and API then stay closed. */
export function listenWarnings(
  listen: string | false | undefined,
  token: Secret | undefined,
  place: Place,
): Finding[] {
  if (!listen || token || isLoopback(new URL(`http://${listen}`).hostname)) return [];
  const server = step(place, 'server');
  // With an invalid token the file is refused anyway.
  if (step(server, 'token').tree) return [];
  const there = step(server, 'listen');
  const where = there.tree ? { at: there.tree.at, path: there.path } : { at: null, path: '$POLLHOOK_LISTEN' };
  const message = 'beyond this machine only /healthz, /readyz and /metrics are served without a `token`';
  const hint = 'for the console and the API write `token: ${NAME}` under `server`, or listen on 127.0.0.1';
  return [{ ...where, message, hint }];
}
