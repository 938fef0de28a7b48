import type { IncomingMessage, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import type { Chance } from './chance.ts';
import { type Listening, listen } from './http.ts';

/** One request of pollhook, as it came. */
export interface Arrival {
  readonly webhook: string;
  readonly id: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  /** Whether libraries of others verified its signature when it came. */
  readonly genuine: boolean;
  /** Unix milliseconds. */
  readonly at: number;
  /** Whether the receiver took the event for its own, whatever became of its answer. */
  readonly accepted: boolean;
}

/** A receiver that fails now and then. */
export interface Receiver extends Listening {
  readonly arrivals: readonly Arrival[];
  /** Requests to where only a followed redirect leads. */
  readonly strayed: number;
  /** From now on everything is accepted at once. */
  recover(): void;
}

type Mood = 'accept' | 'slow' | 'hang' | 'lose' | 'error' | 'reset' | 'redirect';

const MOODS: readonly Mood[] = [
  ...Array<Mood>(60).fill('accept'),
  ...Array<Mood>(8).fill('slow'),
  ...Array<Mood>(2).fill('hang'),
  ...Array<Mood>(6).fill('lose'),
  ...Array<Mood>(14).fill('error'),
  ...Array<Mood>(6).fill('reset'),
  ...Array<Mood>(4).fill('redirect'),
];

export async function receiver(chance: Chance, secret: string): Promise<Receiver> {
  const arrivals: Arrival[] = [];
  let strayed = 0;
  let sound = false;

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const chunks = await request.toArray().catch(() => null);
    // Killed while it was sending.
    if (!chunks) return;
    const webhook = request.url?.slice(1) ?? '';
    if (webhook === 'elsewhere') {
      strayed += 1;
      response.writeHead(204).end();
      return;
    }
    const mood = sound ? 'accept' : chance.pick(MOODS);
    const accepted = ['accept', 'slow', 'hang', 'lose'].includes(mood);
    const headers = request.headers as { [name: string]: string };
    const body = Buffer.concat(chunks).toString();
    const genuine = isGenuine(headers, body, secret);
    arrivals.push({ webhook, id: headers['webhook-id'] ?? '', headers, body, genuine, at, accepted });
    reply(mood, request, response);
  }

  function reply(mood: Mood, request: IncomingMessage, response: ServerResponse): void {
    switch (mood) {
      case 'accept':
        response.writeHead(204).end();
        return;
      case 'slow':
        setTimeout(() => response.writeHead(200).end('done'), chance.below(120));
        return;
      case 'hang':
        return;
      case 'error':
        response.writeHead(chance.pick([500, 502, 503, 404])).end('out of order');
        return;
      case 'redirect':
        response.writeHead(chance.pick([301, 302, 307, 308]), { location: '/elsewhere' }).end();
        return;
      case 'lose':
      case 'reset':
        request.socket.destroy();
    }
  }

  return {
    ...(await listen((request, response) => void receive(request, response))),
    arrivals,
    get strayed() {
      return strayed;
    },
    recover() {
      sound = true;
    },
  };
}

function isGenuine(headers: { readonly [name: string]: string }, body: string, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, { ...headers });
    new SvixWebhook(secret).verify(body, { ...headers });
    return true;
  } catch {
    return false;
  }
}
