import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Scene } from '../e2e/scene.ts';
import { until } from '../fake-clock.ts';

/** Several legacy systems, one of each kind of trouble. */
export const TOWN = `
budgets:
  crm: { rate: 100/15m }
defaults:
  source: { every: 1m, items: items, key: id, send_to: agent }
sources:
  crm-contacts: { url: "\${SOURCE}/contacts", budget: crm }
  crm-deals: { url: "\${SOURCE}/deals", budget: crm, send_to: [agent, purchasing] }
  inventory: { url: "\${SOURCE}/inventory", send_to: purchasing }
  job-board: { url: "\${SOURCE}/quiet" }
  status-page: { url: "\${SOURCE}/status" }
  tickets: { url: "\${SOURCE}/tickets" }
webhooks:
  agent: { url: "\${RECEIVER}/agent", secret: "\${SECRET}" }
  purchasing: { url: "\${RECEIVER}/purchasing", secret: "\${SECRET}", retry: { permanent: [422] } }
`;

const NOTE =
  'Called again on Friday; they want the revised offer with the longer warranty, delivery in two parts, and an answer from the workshop about the second pump before the board meets.';

/** What each system answers at each poll, by its number from 0. */
const ANSWERS: { readonly [path: string]: (poll: number) => unknown } = {
  '/contacts': (poll) => [
    { id: 'C-1', name: 'Ada Byron', phone: poll > 8 ? '+44 20 7946 0018' : '+44 20 7946 0000' },
  ],
  '/deals': (poll) => [
    {
      id: 'D-88',
      stage: poll > 11 ? 'won' : 'negotiation',
      score: poll > 11 ? 92 : 61,
      note: poll > 11 ? NOTE : '',
    },
  ],
  // Fewer new ones than make a webhook fail that refuses them all.
  '/inventory': (poll) =>
    Array.from({ length: 3 + Math.min(3, Math.floor(poll / 4)) }, (_, at) => ({
      id: `SKU-${17 + at}`,
      stock: 12,
    })),
  '/quiet': () => [{ id: 1 }],
  '/status': (poll) => (poll > 9 ? null : [{ id: 'api', state: poll % 4 === 3 ? 'degraded' : 'up' }]),
  '/tickets': (poll) =>
    Array.from({ length: poll > 10 ? 3 : 40 }, (_, at) => ({ id: `T-${at}`, open: true })),
};

/** Answers as the town does: the status page breaks, the tickets vanish. */
export function townsfolk(): (request: IncomingMessage, response: ServerResponse) => void {
  const polls = new Map<string, number>();
  return ({ url = '' }, response) => {
    const poll = polls.get(url) ?? 0;
    polls.set(url, poll + 1);
    const items = ANSWERS[url]?.(poll);
    response.writeHead(items ? 200 : 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ items }));
  };
}

/** Lets a quarter of an hour pass. One receiver refuses what it does not know. */
export async function live(scene: Scene): Promise<void> {
  scene.answer = ({ url }, response) => response.writeHead(url === '/purchasing' ? 422 : 204).end();
  // A step of time, then a question: what is under way has its turn meanwhile, and is not timed out.
  await until(async () => {
    await scene.clock.advance(3000);
    const { items } = (await (await scene.ask('/api/v1/sources')).json()) as {
      items: { state: string; recent: string[]; polling: boolean }[];
    };
    const states = items.map(({ state }) => state).sort();
    const enough = items.every(({ recent, polling }) => recent.length >= 16 && !polling);
    return enough && states.join() === 'failing,ok,ok,ok,ok,suspect';
  }, 'a quarter of an hour');
}
