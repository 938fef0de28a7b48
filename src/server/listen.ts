import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { messageOf, PollhookError } from '../errors.ts';

export interface Listening {
  /** As people write it: `127.0.0.1:8080`. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves the routes. Throws LISTEN_FAILED when the address cannot be used.
 *
 * @param listen `host:port`; port 0 takes a free one
 */
export async function listen(routes: Hono, listen: string): Promise<Listening> {
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000 },
    getRequestListener(routes.fetch),
  );
  const { hostname, port } = new URL(`http://${listen}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new PollhookError('LISTEN_FAILED', `server.listen ${listen}: ${messageOf(cause)}`, { cause })),
    );
    server.listen(Number(port || 80), host, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    address: `${hostname}:${bound.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
