import { request } from 'undici';
import { ratioFigure, repeat, sideBySide } from '../frame/measure.ts';
import type { Figure, Row } from '../frame/row.ts';
import { eachKind, type Kind, openSite, pollerOf } from '../frame/site.ts';

const signal = new AbortController().signal;

/** Polls a list that never changes, and fetches it with a bare request. */
async function unchanged(kind: Kind, count: number, operations: number): Promise<readonly Figure[]> {
  const path = `/tickets/desk?count=${count}`;
  await using site = await openSite(kind, {
    sources: { desk: { url: path } },
    webhooks: { hook: { url: '/hook/a' } },
  });
  await using store = await site.openStore();
  const poller = pollerOf(site, 'desk', store);
  let { note } = await poller.poll(null, signal);
  const poll = async () => {
    const done = await poller.poll(note, signal);
    if (done.poll.kind === 'failed' || done.poll.detected.differs) throw new Error('the poll saw a change');
    note = done.note;
  };
  const bare = async () => {
    const { body } = await request(site.world.url + path, { dispatcher: site.agent });
    await body.arrayBuffer();
  };
  const comparison = await sideBySide(
    { run: () => repeat(operations, poll), operations },
    { run: () => repeat(operations, bare), operations },
    { rounds: 11, turns: 10 },
  );
  return [ratioFigure(comparison, { most: 1.25 })];
}

export const unchangedPoll: Row = {
  name: 'unchanged-poll',
  what: 'CPU of an unchanged poll',
  against: 'a bare undici `request` that reads the body',
  method:
    'A poller of the daemon polls a list of tickets that stays the same (3, 300 and 8 100 tickets), then `request` fetches it and reads the body as bytes, in turn, over the same kind of connection pool. From the request to the note that the store keeps; the schedule, the log and the metrics around it are in the row of the 10 000 sources.',
  cases: {
    ...eachKind((kind) => unchanged(kind, 3, 250), '1 kB'),
    ...eachKind((kind) => unchanged(kind, 300, 100), '100 kB'),
    ...eachKind((kind) => unchanged(kind, 8100, 5), '2.7 MB'),
  },
};
