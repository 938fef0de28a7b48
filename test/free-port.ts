import { createServer } from 'node:net';

/** Below those that systems give to connections: nobody gets one of these until somebody asks for it by its number. */
const LOWEST = 20_000;
const COUNT = 10_000;

const given = new Set<number>();

/** A port of 127.0.0.1 that is free, for programs that have to be told one; never the same twice. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (!given.has(port) && (await isFree(port))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  given.add(port);
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
  });
  await new Promise((resolve) => server.close(resolve));
  return free;
}
