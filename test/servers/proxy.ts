import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { fixture } from './tls.ts';

export interface Proxy {
  readonly origin: string;
  readonly host: string;
  /** Request lines as they came: `CONNECT host:port`, `GET http://…`. */
  readonly lines: string[];
  readonly headers: IncomingMessage['headers'][];
  /** Where the names of tests lead: host names of tunnels and of whole requests. */
  readonly hosts: Map<string, string>;
}

interface Settings {
  /** `user:password` that it wants. */
  readonly user?: string;
  /** Answers CONNECT with this instead of a tunnel. */
  readonly refuse?: string;
  readonly secure?: boolean;
}

/** A forwarding proxy: CONNECT and absolute-form. */
export async function serveProxy(t: TestContext, { user, refuse, secure }: Settings = {}): Promise<Proxy> {
  const lines: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const hosts = new Map<string, string>();
  const sockets = new Set<Socket>();
  const wanted = user && `Basic ${Buffer.from(user).toString('base64')}`;
  const isWelcome = (request: IncomingMessage) => {
    lines.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    return !wanted || request.headers['proxy-authorization'] === wanted;
  };
  const forward: RequestListener = (request, response) => {
    if (!isWelcome(request)) return void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end();
    const url = new URL(request.url ?? '');
    const onward = httpRequest(
      {
        host: hosts.get(url.hostname) ?? url.hostname,
        port: url.port || 80,
        path: url.pathname + url.search,
        method: request.method,
        headers: { ...request.headers, via: '1.1 test' },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  };
  const server = secure
    ? createTlsServer({ cert: fixture('server.pem'), key: fixture('server.key') }, forward)
    : createServer(forward);
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request, socket) => {
    socket.on('error', () => undefined);
    if (!isWelcome(request)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    if (refuse !== undefined) return void socket.end(refuse);
    const [, host = '', port] = /^(.*):(\d+)$/.exec(request.url ?? '') ?? [];
    const onward = connect(Number(port), hosts.get(host) ?? host, () => {
      socket.write('HTTP/1.0 200 Connection established\r\nproxy-agent: test\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward.on('error', () => socket.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin: `${secure ? 'https' : 'http'}://${host}`, host, lines, headers, hosts };
}
