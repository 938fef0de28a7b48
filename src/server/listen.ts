import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { failure, messageOf, PollhookError } from '../errors.ts';
import { detailsOf, PROBLEM, problem } from './problem.ts';

interface Routes {
  fetch(request: Request): Response | Promise<Response>;
}

export interface Listening {
  /** `host:port`, such as `127.0.0.1:8080`. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves the routes. Throws LISTEN_FAILED when the address cannot be used.
 *
 * @param listen `host:port`; port 0 takes a free one
 */
export async function listen(routes: Routes, listen: string): Promise<Listening> {
  // HTTP/1.0 requests need no Host, and load balancers use them for health checks: authorization.ts checks what there is.
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, requireHostHeader: false },
    getRequestListener(routes.fetch, {
      hostname: 'localhost',
      errorHandler: () => problem(unreadable(null)),
    }),
  );
  server.on('clientError', refuse);
  const { hostname, port } = new URL(`http://${listen}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  await new Promise<void>((resolve, reject) => {
    // Never removed: a connection that cannot be accepted must not end the process.
    server.on('error', (cause) =>
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

/** Answers malformed requests with problem details, like requests that cannot be served. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const answer = ANSWERS.get(error.code) ?? ([400, 'Bad Request'] as const);
  const body = JSON.stringify(detailsOf(unreadable(error), answer));
  const head = [
    `HTTP/1.1 ${answer.join(' ')}`,
    'connection: close',
    `content-type: ${PROBLEM}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

const ANSWERS = new Map<string | undefined, readonly [number, string]>([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout']],
]);

function unreadable(error: Error | null) {
  return failure('API_INPUT', `the request is malformed${error ? `: ${error.message}` : ''}`);
}
