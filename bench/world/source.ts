import type { IncomingMessage, ServerResponse } from 'node:http';
import { changed, tickets } from '../frame/tickets.ts';

interface Desk {
  readonly texts: string[];
  revision: number;
  body: Buffer;
}

/**
 * The legacy system: `/tickets/NAME?count=1000` lists tickets; `changing=10` changes so many before each answer, made
 * ready after the one before, `until=2` at most so often; `etag` answers 304 to whoever knows the tag.
 */
export function createSource() {
  const desks = new Map<string, Desk>();
  /** When each revision was sent, by the monotonic clock of this process. */
  const sent = new Map<number, number>();
  /** When each path was asked for, Unix milliseconds. */
  const arrivals = new Map<string, number[]>();

  function deskOf(url: URL): Desk {
    const count = Number(url.searchParams.get('count'));
    // Lists that never change are shared by all who ask for the same number.
    const key = url.searchParams.has('changing') ? url.href : String(count);
    let desk = desks.get(key);
    if (!desk) {
      const texts = tickets(count).map((ticket) => JSON.stringify(ticket));
      desk = { texts, revision: 0, body: bodyOf(texts) };
      desks.set(key, desk);
    }
    return desk;
  }

  function change(desk: Desk, count: number): void {
    desk.revision += 1;
    const all = desk.texts.length;
    for (let step = 0; step < count; step += 1) {
      const at = (desk.revision * 7919 + step * Math.floor(all / count)) % all;
      desk.texts[at] = JSON.stringify(changed(JSON.parse(desk.texts[at] as string), desk.revision));
    }
    desk.body = bodyOf(desk.texts);
  }

  return {
    arrivals,
    sent,
    answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
      const desk = deskOf(url);
      const tag = url.searchParams.has('etag') ? { etag: `"${desk.revision}"` } : {};
      if (url.searchParams.has('log')) {
        const times = arrivals.get(url.pathname) ?? [];
        arrivals.set(url.pathname, [...times, Date.now()]);
      }
      if (tag.etag !== undefined && request.headers['if-none-match'] === tag.etag) {
        response.writeHead(304, tag).end();
        return;
      }
      const changing = Number(url.searchParams.get('changing') ?? 0);
      const last = Number(url.searchParams.get('until') ?? Number.POSITIVE_INFINITY);
      if (changing > 0 && desk.revision < last) {
        sent.set(desk.revision, performance.now());
        response.once('finish', () => change(desk, changing));
      }
      const length = { 'content-length': desk.body.length };
      response.writeHead(200, { 'content-type': 'application/json', ...length, ...tag }).end(desk.body);
    },
  };
}

function bodyOf(texts: readonly string[]): Buffer {
  return Buffer.from(`{"tickets":[${texts.join(',')}],"total":${texts.length}}`);
}
