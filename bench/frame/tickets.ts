import { seeded } from './chance.ts';

const SUBJECTS = [
  'Invoice shows the wrong amount of VAT',
  'Cannot log in after the password was changed',
  'Delivery is late, tracking stands still since Monday',
  'Refund for the returned headset not received',
  'Export to CSV drops the last column',
  'Printer on the second floor prints blank pages',
];
const NAMES = ['Anna Kowalski', 'José Álvarez', 'Müller, Jürgen', 'Priya Raman', "Seán O'Neill", 'Li Wei'];
const AGENTS = ['r.singh', 'm.dupont', 'k.tanaka', null];
const TAGS = ['billing', 'vat', 'login', 'shipping', 'hardware', 'urgent-customer', 'export'];
const STATUSES = ['open', 'pending', 'on-hold', 'solved'];
const PRIORITIES = ['low', 'normal', 'high', 'urgent'];

/** A ticket of a support desk as such systems list it: about 300 bytes of JSON. */
export interface Ticket {
  readonly id: string;
  readonly status: string;
  /** Tells apart what became of it; counts up with every change. */
  readonly revision: number;
  readonly [member: string]: unknown;
}

/** The first `count` tickets of a desk: the same ones in every run and process. */
export function tickets(count: number): Ticket[] {
  const random = seeded(20_261_121);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const time = (since: number) => new Date(since + Math.floor(random() * 2e10)).toISOString();
  return Array.from({ length: count }, (_, index) => {
    const name = pick(NAMES);
    return {
      id: `TCK-${100_000 + index}`,
      subject: `${pick(SUBJECTS)} (${Math.floor(random() * 1e6)})`,
      status: pick(STATUSES),
      priority: pick(PRIORITIES),
      requester: { name, phone: `+49 30 ${Math.floor(random() * 1e7)}` },
      assignee: pick(AGENTS),
      tags: [pick(TAGS), pick(TAGS)],
      created: time(1.74e12),
      updated: time(1.76e12),
      score: Math.round(random() * 1e4) / 100,
      revision: 0,
    };
  });
}

/** The ticket after somebody worked on it. */
export function changed(ticket: Ticket, revision: number): Ticket {
  return { ...ticket, status: STATUSES[revision % STATUSES.length] as string, revision };
}
