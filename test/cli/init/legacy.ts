import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type InitOptions, init } from '../../../src/cli/init.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { capture } from '../capture.ts';

type Handle = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A system that answers as a test says, and counts. */
export class Legacy implements AsyncDisposable {
  readonly requests: IncomingMessage[] = [];
  readonly #server;
  handle: Handle;

  private constructor(handle: Handle) {
    this.handle = handle;
    this.#server = createServer((request, response) => {
      this.requests.push(request);
      this.handle(request, response, this.requests.length);
    });
  }

  static async start(handle: Handle): Promise<Legacy> {
    const legacy = new Legacy(handle);
    await new Promise<void>((resolve) => legacy.#server.listen(0, '127.0.0.1', resolve));
    return legacy;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Nobody waits between polls. */
const impatient: Clock = {
  ...systemClock,
  now: systemClock.now,
  monotonic: systemClock.monotonic,
  sleep: async () => {},
};

/** Runs `init` and collects what it says. */
export async function look(url: string, options: InitOptions = {}, clock: Clock = impatient) {
  const { io, said } = capture();
  const code = await init(url, options, io, clock);
  return { code, ...said };
}
