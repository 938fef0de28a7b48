import { isIP, type Socket } from 'node:net';
import { type buildConnector, Client } from 'undici';
import { basic } from './auth/credentials.ts';
import type { Connector } from './connector.ts';
import type { ProxyServer } from './proxy.ts';
import { RouteError, troubleOf } from './trouble.ts';

/** Milliseconds: a proxy answers CONNECT once it has reached the server, and gets the time of a direct connection. */
const TIMEOUT = 10_000;

/** Headers for the proxy itself. */
export function proxyHeaders({ user }: ProxyServer): { readonly [name: string]: string } {
  return user ? { 'proxy-authorization': basic(user) } : {};
}

/** A failure of a proxy, naming its host and port. */
export function proxyFault({ origin }: ProxyServer, what: string): RouteError {
  return new RouteError('proxy', `the proxy ${new URL(origin).host} ${what}`);
}

export const REFUSED_CREDENTIALS = 'wants a user name and password, or other ones (407)';

/** Connects to the proxy itself; failures are reported as the proxy's. */
export function toProxy(proxy: ProxyServer, connect: Connector): Connector {
  const { hostname } = new URL(proxy.origin);
  // undici would use the name in the Host header for TLS to the proxy, but that is the server's name.
  const servername = isIP(hostname) === 0 ? hostname : '';
  return (options, done) =>
    connect({ ...options, servername }, (error, socket) => {
      if (error) done(proxyFault(proxy, `cannot be used: ${troubleOf(error, 'connecting').reason}`), null);
      else done(null, socket as Socket);
    });
}

/**
 * Connects to servers through a proxy with CONNECT (RFC 9110, 9.3.6).
 *
 * @param direct connects to the proxy
 * @param inner makes the connection to the server on the socket that the proxy gave
 */
export function tunnelling(proxy: ProxyServer, direct: Connector, inner: Connector): Connector {
  return (options, done) => {
    open(proxy, toProxy(proxy, direct), authority(options)).then(
      (httpSocket) => inner({ ...options, httpSocket }, done),
      (error: Error) => done(error, null),
    );
  };
}

async function open(proxy: ProxyServer, connect: Connector, target: string): Promise<Socket> {
  const client = new Client(proxy.origin, { connect });
  try {
    const { statusCode, socket } = await client.connect({
      path: target,
      headers: { host: target, ...proxyHeaders(proxy) },
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (statusCode >= 200 && statusCode < 300) return socket as Socket;
    socket.on('error', () => undefined).destroy();
    const what = statusCode === 407 ? REFUSED_CREDENTIALS : `refused to connect to ${target} (${statusCode})`;
    throw proxyFault(proxy, what);
  } catch (error) {
    if (error instanceof RouteError) throw error;
    const { reason } = troubleOf(error, 'waiting');
    throw proxyFault(proxy, `did not connect to ${target}: ${reason}`);
  } finally {
    // The socket is detached from the client, or there is none.
    void client.destroy();
  }
}

function authority({ hostname, port, protocol }: buildConnector.Options): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return `${host}:${port || (protocol === 'https:' ? 443 : 80)}`;
}
