import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PollhookError } from '../errors.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Sign } from '../lib/signing/presets.ts';
import { describeEvent } from './listen/describe.ts';
import { verify } from './listen/verify.ts';

/** Bytes: a larger message is answered 413 and not kept. */
const LARGEST_BODY = 10_000_000;

export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Secrets of which any may have signed; none: signatures are not checked. */
  readonly secrets: readonly string[];
  /** The schemes that messages must be signed with; by default those that they carry. */
  readonly sign?: readonly Sign[];
  /** Called with each printed line, without line break and control characters. */
  readonly output: (line: string) => void;
  /** The status of all answers. By default 204, or 401 with the reason if a signature is invalid. */
  readonly status?: number;
  /** Number of first messages that are answered 500. */
  readonly fail?: number;
  /** Milliseconds before each answer. */
  readonly delay?: number;
  readonly clock?: Clock;
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A receiver for development, on loopback only: verifies the signature of each message and prints its event.
 * Rejects with LISTEN_FAILED when the port cannot be used.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { port, secrets, sign = null, output, status, fail = 0, delay = 0, clock = systemClock } = options;
  const closing = new AbortController();
  let received = 0;

  const server = createServer((request, response) => void receive(request, response));

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' || request.method === 'HEAD') {
      return answer(response, 405, 'This is a webhook receiver: send it POST requests.\n');
    }
    const body = await readBody(request);
    if (body === 'broken') return;
    if (body === 'too large') {
      output(`a message larger than ${LARGEST_BODY} bytes was refused`);
      response.shouldKeepAlive = false;
      return answer(response, 413);
    }
    received += 1;
    const headers = request.headersDistinct;
    const verdict = verify({ headers, body, secrets, sign, now: clock.now() });
    const refused = verdict.kind === 'rejected' ? verdict.mistake : null;
    const answered = received <= fail ? 500 : (status ?? (refused === null ? 204 : 401));
    for (const line of describeEvent({ headers, body, verdict, answered, now: clock.now() })) output(line);
    if (delay > 0) await clock.sleep(delay, closing.signal);
    answer(response, answered, answered === 401 && refused !== null ? `${refused}\n` : undefined);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new PollhookError('LISTEN_FAILED', `127.0.0.1:${port} cannot be used to listen: ${cause.code}`, {
          cause,
        }),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      closing.abort();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function answer(response: ServerResponse, status: number, text?: string): void {
  response.writeHead(status, text === undefined ? {} : { 'content-type': 'text/plain' }).end(text);
}

async function readBody(request: IncomingMessage): Promise<Buffer | 'too large' | 'broken'> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > LARGEST_BODY) return 'too large';
      chunks.push(chunk);
    }
  } catch {
    return 'broken';
  }
  return Buffer.concat(chunks);
}
