import type { Clock } from '../../lib/clock.ts';
import type { Control } from '../control.ts';
import type { Followed } from './schemas.ts';

/** Milliseconds between heartbeats: proxies close connections that are idle for a minute. */
const HEARTBEAT = 15_000;

/** Bytes that are buffered for one client at most. */
const MOST_WAITING = 262_144;

/** What was made of what happened last: all clients are told the same. */
let made: { readonly happened: Followed; readonly message: string } | null = null;

function messageOf(happened: Followed, redact: (text: string) => string): string {
  if (made?.happened !== happened) {
    const message = `event: ${happened.kind}\ndata: ${redact(JSON.stringify(happened))}\n\n`;
    made = { happened, message };
  }
  return made.message;
}

/**
 * The stream of server-sent events for one client, until it disconnects, the daemon stops, or too much is buffered
 * for it. Null if there are too many clients.
 */
export function streamOf(
  control: Pick<Control, 'follow' | 'problems'>,
  {
    signal,
    clock,
    redact,
  }: { readonly signal: AbortSignal; readonly clock: Clock; redact(text: string): string },
): Response | null {
  const encoder = new TextEncoder();
  let cancelled = false;
  const over = new AbortController();
  let send: (text: string) => void = () => undefined;
  const leave = control.follow(
    (happened) => send(messageOf(happened, redact)),
    () => over.abort(),
  );
  if (leave === null) return null;

  const body = new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        send = (text) => {
          if (over.signal.aborted) return;
          controller.enqueue(encoder.encode(text));
          if ((controller.desiredSize ?? 0) <= 0) over.abort();
        };
        over.signal.addEventListener(
          'abort',
          () => {
            leave();
            if (!cancelled) controller.close();
          },
          { once: true },
        );
        signal.addEventListener('abort', () => over.abort(), { once: true });
        if (signal.aborted) return over.abort();
        const greeting = { time: new Date(clock.now()).toISOString(), problems: control.problems() };
        send(`retry: 2000\nevent: hello\ndata: ${redact(JSON.stringify(greeting))}\n\n`);
        void beat();
      },
      cancel() {
        cancelled = true;
        over.abort();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING }),
  );

  async function beat(): Promise<void> {
    while (!over.signal.aborted) {
      await clock.sleep(HEARTBEAT, over.signal);
      send(': heartbeat\n\n');
    }
  }

  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
  return new Response(body, { headers });
}
