import { ratioFigure, repeat, sideBySide } from '../frame/measure.ts';
import type { Figure, Goal, Row } from '../frame/row.ts';
import { eachKind, type Kind, openSite, pollerOf } from '../frame/site.ts';

const signal = new AbortController().signal;
const RECORDS = 10_000;
const CHANGED = 10;
const OPERATIONS = 3;
const GOALS: { readonly [kind in Kind]: Goal } = { json: { most: 2 }, sqlite: { most: 0.6 } };

async function wholePoll(kind: Kind): Promise<readonly Figure[]> {
  const path = `/tickets/desk?count=${RECORDS}&changing=${CHANGED}`;
  await using site = await openSite(kind, {
    sources: { desk: { url: path } },
    webhooks: { hook: { url: '/hook/a' } },
  });
  await using store = await site.openStore();
  const poller = pollerOf(site, 'desk', store);
  let { note } = await poller.poll(null, signal);
  const poll = async () => {
    const done = await poller.poll(note, signal);
    if (done.poll.kind === 'failed' || done.poll.events.length !== CHANGED)
      throw new Error(`the poll did not see ${CHANGED} changes`);
    note = done.note;
  };
  const text = await (await fetch(site.world.url + path.replace(/&.*/, ''))).text();
  const parse = async () => void JSON.parse(text);
  const comparison = await sideBySide(
    { run: () => repeat(OPERATIONS, poll), operations: OPERATIONS },
    { run: () => repeat(OPERATIONS, parse), operations: OPERATIONS },
    { rounds: 11, turns: 8 },
  );
  return [ratioFigure(comparison, GOALS[kind])];
}

export const wholePollRow: Row = {
  name: 'whole-poll',
  what: 'Whole poll of 10 000 JSON records with 10 changed, from the request to the commit',
  against: '`JSON.parse` of the body',
  method:
    'The server changes 10 of 10 000 tickets before each answer; the poll fetches the list, finds them, and commits snapshot, 10 events and 10 deliveries durably. Against `JSON.parse` of the same body, given as text.',
  cases: eachKind(wholePoll),
};
