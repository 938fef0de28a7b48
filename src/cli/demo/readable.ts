import { Writable } from 'node:stream';

/** The daemon's log as the demo tells it: who did what, without the fields that only machines read. */
export function readable(say: (who: string, text: string) => void): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).split('\n').filter(Boolean))
        say('pollhook', sentence(JSON.parse(line)));
      done();
    },
  });
}

function sentence({ msg, source, webhook, attempt, event_id }: { [name: string]: unknown }): string {
  if (webhook === undefined) return source === undefined ? String(msg) : `${source}: ${msg}`;
  return `${source} → ${webhook}: ${msg}${Number(attempt) > 1 ? ` at attempt ${attempt}` : ''} (${event_id})`;
}
