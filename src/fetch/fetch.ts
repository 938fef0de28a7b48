import type { Dispatcher } from 'undici';
import type { SourceConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ask } from '../lib/http/auth/access.ts';
import { type Accesses, createAccesses } from '../lib/http/auth/accesses.ts';
import { withHeaders } from '../lib/http/headers.ts';
import type { Random } from '../lib/random.ts';
import type { Validators } from '../model.ts';
import { sending } from './exchange.ts';
import type { Arrival, Journey } from './follow.ts';
import { type Gate, OPEN_GATE } from './gate.ts';
import { judge, type Outcome } from './judge.ts';
import type { LimitReport } from './limits/report.ts';
import { PausableDeadline } from './pausable-deadline.ts';
import { followWithRenewal } from './renewal.ts';
import { agentOf, ownHeaders, type Request, requestOf } from './request.ts';
import { withRetries } from './retries.ts';
import { usable } from './validators.ts';

export type { Outcome as Fetched } from './judge.ts';

export interface FetchDeps {
  readonly http: Dispatcher | ((source: SourceConfig) => Dispatcher);
  readonly clock: Clock;
  readonly random: Random;
  /** Version of pollhook, for the user agent. */
  readonly version: string;
  /** Tokens and sessions, shared with other parts; its own by default. */
  readonly accesses?: Accesses;
  /** Where requests wait for their turn; by default they do not wait. */
  readonly gate?: Gate;
  /**
   * Called after every request, redirects and retries included, with the status of its answer (null: none) and its
   * rate limits.
   */
  readonly observe?: (source: string, status: number | null, limitReport: LimitReport) => void;
}

export interface Fetcher {
  /**
   * Fetches one answer of a source, following redirects and retrying briefly, all within the source's `timeout`;
   * waiting for the budget does not count. Failures are values.
   *
   * @param validators of the committed snapshot; sent only with the same request that they were received for
   * @param room bytes of the body at most, if less than the source allows
   * @throws the reason of `signal` once that aborts
   */
  fetch(
    source: SourceConfig,
    validators: Validators | null,
    signal: AbortSignal,
    room?: number,
  ): Promise<Outcome>;
}

/** Bytes of a body at most: it has to fit into one JavaScript string. */
const LARGEST = 500_000_000;

/** Methods that change nothing on the server, so that a request may be repeated even if it has arrived. */
const REPEATABLE = new Set(['GET', 'HEAD']);

/** Bytes of an answer that gives a token or a session, at most. */
const LARGEST_GRANT = 1_000_000;

/** Statuses of gateways and of servers that are just starting. */
const GATEWAY = new Set([502, 503, 504]);

export function createFetcher(dependencies: FetchDeps): Fetcher {
  const { http, clock, random, version, observe, gate = OPEN_GATE } = dependencies;
  const { accesses = createAccesses(clock) } = dependencies;
  const own = ownHeaders(version);
  const agent = agentOf(version);
  const dispatcherOf = typeof http === 'function' ? http : () => http;
  const prepared = new WeakMap<SourceConfig, Journey>();

  /** Prepares what is the same for all polls of a source. */
  function prepare(source: SourceConfig): Journey {
    const known = prepared.get(source);
    if (known) return known;
    const send = sending(source, {
      http: dispatcherOf(source),
      gate,
      clock,
      observe: (status, limitReport) => observe?.(source.name, status, limitReport),
    });
    // Requests for credentials have a deadline of their own: other sources may wait for the same login.
    const ask: Ask = async (request) => {
      using deadline = new PausableDeadline(clock, source.timeout);
      const headers = withHeaders(['user-agent', agent], request.headers);
      return (await send({ ...request, headers }, LARGEST_GRANT, deadline)).exchange;
    };
    const access = accesses.of(source.auth);
    const journey: Journey = {
      send,
      visit: access && (() => access.visit(ask)),
      first: requestOf(source, own),
      own,
      redirects: source.redirects,
      limit: Math.min(source.max_body, LARGEST),
    };
    prepared.set(source, journey);
    return journey;
  }

  return {
    async fetch(source, validators, signal, room = source.max_body) {
      signal.throwIfAborted();
      using deadline = new PausableDeadline(clock, source.timeout, signal);
      const usual = prepare(source);
      const journey = room < usual.limit ? { ...usual, limit: room } : usual;
      let remembered = validators;
      const attempt = async () => {
        const asked = clock.now();
        const arrival = await followWithRenewal(journey, usable(remembered, source, asked), deadline);
        signal.throwIfAborted();
        const { limit } = journey;
        const outcome = await judge(arrival, source, { limit, remembered, asked, now: clock.now() });
        remembered = outcome.validators;
        return { outcome, transient: isTransient(arrival, outcome, journey.first) };
      };
      const first = await attempt();
      const left = () => deadline.left();
      return first.transient
        ? await withRetries(first, attempt, { clock, random, signal, left })
        : first.outcome;
    },
  };
}

/**
 * Whether trying again at once may help: the network failed, or a proxy did not reach the server and names no time.
 * A method that may change something is repeated only if its first request cannot have arrived.
 */
function isTransient({ request, exchange }: Arrival, outcome: Outcome, first: Request): boolean {
  if (outcome.kind !== 'failed' || outcome.notBefore !== null) return false;
  const { code } = outcome.failure;
  if (exchange.kind === 'answer') {
    return REPEATABLE.has(first.method) && code === 'FETCH_STATUS' && GATEWAY.has(exchange.status);
  }
  const unsent = exchange.kind === 'broken' && exchange.stage === 'connecting';
  const never = exchange.kind === 'barred' || (unsent && request === first);
  return (
    (REPEATABLE.has(first.method) || never) && (code === 'FETCH_UNREACHABLE' || code === 'FETCH_TRUNCATED')
  );
}
