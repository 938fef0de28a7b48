import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from '../../lib/random.ts';

interface Ticket {
  readonly id: number;
  readonly subject: string;
  status: 'open' | 'pending' | 'solved';
  priority: 'low' | 'normal' | 'urgent';
  tags: string[];
}

const SUBJECTS = [
  'Printer on floor 3 is on fire',
  'Cannot log in since Monday',
  'Invoice 4711 shows the wrong tax',
  'Please reset my password',
  'The export stops at row 65 536',
  'Where is my parcel?',
  'Laptop makes a clicking sound',
  'Refund for order 1042',
];

/** A typical legacy system: no webhooks, volatile time stamps, lists in random order. */
export interface Desk {
  readonly url: string;
  /** Changes something at the desk, and describes it. */
  change(): string;
  close(): Promise<void>;
}

export async function openDesk(token: string, random: Random): Promise<Desk> {
  const tickets: Ticket[] = [];
  let last = 100;

  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

  function add(): Ticket {
    last += 1;
    const ticket: Ticket = {
      id: last,
      subject: pick(SUBJECTS),
      status: 'open',
      priority: 'normal',
      tags: ['web', 'new'],
    };
    tickets.push(ticket);
    return ticket;
  }

  function change(): string {
    const ticket = pick(tickets);
    const kind = tickets.length < 5 ? 'new' : pick(['new', 'priority', 'status', 'tags', 'gone']);
    if (kind === 'new') {
      const { id, subject } = add();
      return `somebody opens ticket ${id}: ${subject}`;
    }
    if (kind === 'gone') {
      tickets.splice(tickets.indexOf(ticket), 1);
      return `ticket ${ticket.id} is closed and leaves the list`;
    }
    if (kind === 'priority') ticket.priority = ticket.priority === 'urgent' ? 'low' : 'urgent';
    if (kind === 'status') ticket.status = ticket.status === 'open' ? 'pending' : 'open';
    if (kind === 'tags')
      ticket.tags = [...ticket.tags.slice(-2), pick(['vip', 'billing', 'hardware', 'escalated'])];
    return `ticket ${ticket.id} gets ${kind} ${kind === 'tags' ? ticket.tags.join(', ') : ticket[kind as 'priority' | 'status']}`;
  }

  const server = createServer((request, response) => {
    const allowed = request.headers.authorization === `Bearer ${token}`;
    const shown = [...tickets]
      .sort(() => random() - 0.5)
      .map((ticket) => ({
        ...ticket,
        tags: [...ticket.tags].sort(() => random() - 0.5),
        viewed_at: new Date().toISOString(),
      }));
    response.writeHead(allowed ? 200 : 401, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(allowed ? { count: shown.length, tickets: shown } : { error: 'who are you?' }),
    );
  });
  for (let count = 0; count < 6; count += 1) add();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/tickets?status=open`,
    change,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
