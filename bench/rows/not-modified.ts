import { request } from 'undici';
import { ratioFigure, repeat, sideBySide } from '../frame/measure.ts';
import type { Figure, Row } from '../frame/row.ts';
import { eachKind, type Kind, openSite, pollerOf } from '../frame/site.ts';

const signal = new AbortController().signal;
const OPERATIONS = 250;

async function notModified(kind: Kind): Promise<readonly Figure[]> {
  const path = '/tickets/desk?count=330&etag';
  await using site = await openSite(kind, {
    sources: { desk: { url: path } },
    webhooks: { hook: { url: '/hook/a' } },
  });
  await using store = await site.openStore();
  const poller = pollerOf(site, 'desk', store);
  let { note } = await poller.poll(null, signal);
  const poll = async () => {
    const done = await poller.poll(note, signal);
    if (done.poll.status !== 304) throw new Error('the poll was not answered 304');
    note = done.note;
  };
  const headers = { 'if-none-match': '"0"' };
  const bare = async () => {
    const { statusCode, body } = await request(site.world.url + path, { dispatcher: site.agent, headers });
    if (statusCode !== 304) throw new Error('the bare request was not answered 304');
    await body.dump();
  };
  const comparison = await sideBySide(
    { run: () => repeat(OPERATIONS, poll), operations: OPERATIONS },
    { run: () => repeat(OPERATIONS, bare), operations: OPERATIONS },
    { rounds: 11, turns: 10 },
  );
  return [ratioFigure(comparison, { most: 1.3 })];
}

export const notModifiedPoll: Row = {
  name: 'not-modified',
  what: 'CPU of a poll answered 304',
  against: 'a bare undici `request` answered 304',
  method: 'As the row before, with a server that sends an ETag and answers 304 to whoever returns it.',
  cases: eachKind(notModified),
};
