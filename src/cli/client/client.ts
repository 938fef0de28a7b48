import type { Config } from '../../config/document.ts';
import { loadConfig } from '../../config/load.ts';
import { CODES, type Code, messageOf, PollhookError } from '../../errors.ts';
import { parseJson } from '../../lib/json.ts';
import type { Json, JsonObject } from '../../model.ts';
import type { Io } from '../io.ts';
import { load } from '../load.ts';

export interface ClientOptions {
  readonly config: string;
  /** Address of the daemon; by default that of the configuration. */
  readonly url?: string;
}

/** A client of the running daemon's API. Throws DAEMON_UNREACHABLE, and the daemon's refusals. */
export interface Client {
  readonly address: string;
  get(path: string, query?: Query): Promise<Answer>;
  /** All items of a list, or the first of them, digit for digit; `next` is null if there are no more. */
  list(path: string, query?: Query, limit?: number): Promise<{ items: readonly Json[]; next: string | null }>;
  post(path: string, body?: unknown): Promise<Answer>;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** An answer as data, and as JSON with every digit preserved. */
export interface Answer {
  readonly data: unknown;
  readonly exact: Json;
}

/** Items of one page at most. */
const PAGE = 1000;

/** Milliseconds: a resync of a large snapshot takes its time. */
const TIMEOUT = 120_000;

/** Connects to the daemon of a configuration, or at a URL. */
export function connect({ config: file, url }: ClientOptions, io: Io): Client {
  const { base, token } = url === undefined ? ofConfig(file, io) : ofUrl(url, file, io);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (token !== undefined) io.hide?.([token]);

  async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const { status, ok, text } = await fetch(new URL(path, base), {
      method,
      headers: { ...authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(TIMEOUT),
      redirect: 'error',
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
      .then(async (response) => ({ status: response.status, ok: response.ok, text: await response.text() }))
      .catch((cause: unknown) => {
        const message = `no daemon answers at ${base.origin}: ${messageOf(cause)}`;
        throw new PollhookError('DAEMON_UNREACHABLE', message);
      });
    const exact = parsed(text);
    const data: unknown = JSON.parse(JSON.stringify(exact));
    if (ok && exact !== null) return { data, exact };
    throw refusal(status, data, base);
  }

  const get: Client['get'] = (path, query = {}) => ask('GET', `/api/v1/${path}${searchOf(query)}`);

  return {
    address: base.origin,
    get,
    async list(path, query = {}, limit = Number.POSITIVE_INFINITY) {
      const items: Json[] = [];
      let next: string | null = null;
      do {
        const size = Math.min(PAGE, limit - items.length);
        const { exact } = await get(path, { ...query, limit: size, ...(next !== null && { after: next }) });
        const page = exact as unknown as { items: Json[]; next: string | null };
        items.push(...page.items);
        next = page.next;
      } while (next !== null && items.length < limit);
      return { items, next };
    },
    post: (path, body) => ask('POST', `/api/v1/${path}`, body),
  };
}

function ofConfig(file: string, io: Io) {
  const { listen, token } = configOf(file, io);
  if (listen === false)
    throw new PollhookError('DAEMON_UNREACHABLE', 'the daemon cannot be asked: `server.listen` is false');
  const base = new URL(`http://${listen}`);
  if (base.port === '0')
    throw new PollhookError('DAEMON_UNREACHABLE', `\`server.listen\` is ${listen}: any free port`);
  // A server that listens on all addresses can be reached on loopback.
  if (base.hostname === '0.0.0.0') base.hostname = '127.0.0.1';
  if (base.hostname === '[::]') base.hostname = '[::1]';
  return { base, token: token?.reveal() };
}

/** Loads the configuration, explaining a missing variable: shells often lack those of the daemon. */
function configOf(file: string, io: Io): Config {
  try {
    return load(file, io).config;
  } catch (error) {
    io.err('the daemon can be asked without its configuration: --url http://ADDRESS, $POLLHOOK_TOKEN\n');
    throw error;
  }
}

/** The address and token for `--url`: the configuration is optional, and only its token is used. */
function ofUrl(url: string, file: string, { env }: Io) {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new PollhookError('USAGE', `--url ${url}: write it like http://127.0.0.1:8080`);
  const loaded = env.POLLHOOK_TOKEN ? null : loadConfig(file, env);
  const written = loaded?.kind === 'ok' ? loaded.config.token?.reveal() : undefined;
  return { base: new URL(url), token: env.POLLHOOK_TOKEN || written };
}

function searchOf(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
  return given.length === 0 ? '' : `?${search}`;
}

function parsed(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

function refusal(status: number, data: unknown, base: URL): PollhookError {
  const { code, detail } = (data ?? {}) as JsonObject;
  if (typeof code === 'string' && Object.hasOwn(CODES, code))
    return new PollhookError(code as Code, String(detail));
  return new PollhookError(
    'DAEMON_UNREACHABLE',
    `what answers at ${base.origin} (${status}) is no pollhook with an API`,
  );
}
