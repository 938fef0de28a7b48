import { Writable } from 'node:stream';

/** The daemon's log as sentences for the demo, without machine-readable fields. */
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
