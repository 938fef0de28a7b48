import { Agent, Dispatcher } from 'undici';
import { fingerprint } from '../fingerprint.ts';
import type { Auth } from './auth/kinds.ts';
import { type Connector, connectorOf } from './connector.ts';
import type { Egress } from './egress.ts';
import { withHeaders } from './headers.ts';
import { type Proxies, type ProxyServer, proxyFor } from './proxy.ts';
import type { Tls } from './tls.ts';
import { proxyFault, proxyHeaders, REFUSED_CREDENTIALS, toProxy, tunnelling } from './tunnel.ts';

/** The route of the requests of a source or webhook: TLS, proxies, egress policy. */
export interface Route {
  readonly tls: Tls | null;
  readonly proxies: Proxies | null;
  readonly egress: Egress | null;
  /** URLs that the operator named, the one of the source or webhook first. */
  readonly urls: readonly string[];
}

/** The route to a source or webhook. `urls`: its own and those of its credentials, which the operator named. */
export function routeOf(place: {
  readonly url: string;
  readonly auth: Auth | null;
  readonly tls: Tls | null;
  readonly proxies: Proxies | null;
  readonly egress?: Egress | null;
}): Route {
  const { url, auth, tls, proxies, egress = null } = place;
  const more = auth?.type === 'oauth2' ? [auth.token_url] : auth?.type === 'login' ? [auth.url] : [];
  return { tls, proxies, egress, urls: [url, ...more] };
}

/**
 * The HTTP dispatchers of a process: one per different route, so that connections are shared only where the options
 * are the same.
 */
export interface Transports extends AsyncDisposable {
  dispatcher(route: Route): Dispatcher;
  /** Closes the others once their requests have ended: nothing new may be sent by them. */
  keepOnly(routes: Iterable<Route>): void;
}

export function createTransports(): Transports {
  const made = new Map<string, Dispatcher>();
  return {
    dispatcher(route) {
      const key = keyOf(route);
      const known = made.get(key) ?? build(route, namedIn(route));
      made.set(key, known);
      return known;
    },
    keepOnly(routes) {
      const kept = new Set([...routes].map(keyOf));
      for (const [key, dispatcher] of made) {
        if (kept.has(key)) continue;
        made.delete(key);
        void dispatcher.close();
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(made.values().map((dispatcher) => dispatcher.destroy()));
    },
  };
}

/** The named servers, if anything has to be withheld from others; else none. */
function namedIn({ tls, urls }: Route): readonly string[] {
  const kept = tls?.identity || tls?.serverName || tls?.insecure;
  return kept ? urls.map((url) => new URL(url).origin) : [];
}

function keyOf(route: Route): string {
  return fingerprint([route.tls, route.proxies, route.egress, namedIn(route)]);
}

function build({ tls, proxies, egress }: Route, named: readonly string[]): Dispatcher {
  const [main = null] = named;
  const direct = new Agent({ ...H1, connect: connectorOf({ tls, named, main, egress }) });
  if (!proxies) return direct;
  const inner = connectorOf({ tls, named, main, egress: null });
  return new Proxied(proxies, direct, (proxy) => throughProxy(proxy, inner, tls));
}

const H1 = { allowH2: false };

/** How a proxy is used: tunnels for https, whole requests for http. */
interface Through {
  readonly tunnels: Dispatcher;
  readonly forward: Dispatcher;
}

function throughProxy(proxy: ProxyServer, inner: Connector, tls: Tls | null): Through {
  // A proxy gets no client certificate.
  const direct = connectorOf({ tls, named: [], main: null, egress: null });
  return {
    tunnels: new Agent({ ...H1, connect: tunnelling(proxy, direct, inner) }),
    forward: new Agent({ ...H1, connect: toProxy(proxy, direct) }),
  };
}

/** Sends each request directly or through the proxy for its origin. */
class Proxied extends Dispatcher {
  readonly #proxies: Proxies;
  readonly #direct: Dispatcher;
  readonly #through: ReadonlyMap<ProxyServer, Through>;

  constructor(proxies: Proxies, direct: Dispatcher, open: (proxy: ProxyServer) => Through) {
    super();
    this.#proxies = proxies;
    this.#direct = direct;
    const used = [proxies.http, proxies.https].filter((proxy) => proxy !== null);
    this.#through = new Map([...new Set(used)].map((proxy) => [proxy, open(proxy)]));
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const url = new URL(String(options.origin));
    const proxy = proxyFor(this.#proxies, url);
    const through = proxy && this.#through.get(proxy);
    if (!through) return this.#direct.dispatch(options, handler);
    if (url.protocol === 'https:') return through.tunnels.dispatch(options, handler);
    const forwarded = {
      ...options,
      origin: proxy.origin,
      path: url.origin + options.path,
      // The operator's own headers take precedence.
      headers: withHeaders(listOf({ host: url.host, ...proxyHeaders(proxy) }), listOf(options.headers)),
    };
    return through.forward.dispatch(forwarded, tellingProxy(proxy, handler));
  }

  override async close(): Promise<void> {
    await Promise.all(this.#all().map((dispatcher) => dispatcher.close()));
  }

  override async destroy(): Promise<void> {
    await Promise.all(this.#all().map((dispatcher) => dispatcher.destroy()));
  }

  #all(): readonly Dispatcher[] {
    const through = [...this.#through.values()].flatMap(({ tunnels, forward }) => [tunnels, forward]);
    return [this.#direct, ...through];
  }
}

function listOf(headers: unknown): readonly string[] {
  return Array.isArray(headers) ? headers : Object.entries(headers ?? {}).flat();
}

/** Turns a 407, which is an answer of the proxy, into a failure of the proxy. */
function tellingProxy(proxy: ProxyServer, handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...start) => handler.onRequestStart?.(...start),
    onRequestUpgrade: (...upgrade) => handler.onRequestUpgrade?.(...upgrade),
    onResponseStart(controller, status, ...rest) {
      if (status === 407) controller.abort(proxyFault(proxy, REFUSED_CREDENTIALS));
      else handler.onResponseStart?.(controller, status, ...rest);
    },
    onResponseData: (...data) => handler.onResponseData?.(...data),
    onResponseEnd: (...end) => handler.onResponseEnd?.(...end),
    onResponseError: (...error) => handler.onResponseError?.(...error),
  };
}
