import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Chance } from './chance.ts';
import { type Listening, listen } from './http.ts';

/** No two values are alike: `revision` counts all changes of all records. */
export interface Value {
  readonly id: string;
  readonly revision: number;
  readonly status: string;
}

/** What one poll was shown: key → revision. */
export interface Answer {
  readonly records: ReadonlyMap<string, number>;
  /** The newest revision of any record at that time. */
  readonly revision: number;
  /**
   * Whether the process asked again over the same connection: one process, which polls this source one after another,
   * so the answer was stored by then.
   */
  acknowledged: boolean;
}

/** A legacy system whose records change, and that remembers what it showed. */
export interface Legacy extends Listening {
  /** Every complete answer, in order; not modified ones too, as what they stand for. */
  readonly answers: readonly Answer[];
  /** Every value that a record ever had, by revision. */
  readonly values: ReadonlyMap<number, Value>;
  /** Now: key → revision. */
  readonly records: ReadonlyMap<string, number>;
  /** Creates, updates or deletes a record. */
  change(): void;
}

const KEYS = Array.from({ length: 24 }, (_, at) => `T-${at + 1}`);
/** So few that vanish together stay below every guard against mass deletion. */
const MOST_MISSING = 6;
const STATUSES = ['open', 'waiting', 'solved', 'closed'] as const;
/** Of a hundred requests. */
const FAULTS = { error: 2, reset: 2, cut: 2 };

export async function legacySystem(chance: Chance): Promise<Legacy> {
  const values = new Map<number, Value>();
  const records = new Map<string, number>();
  const answers: Answer[] = [];
  const last = new WeakMap<Socket, Answer>();
  let revision = 0;

  function set(id: string): void {
    revision += 1;
    values.set(revision, { id, revision, status: chance.pick(STATUSES) });
    records.set(id, revision);
  }
  for (const key of KEYS) set(key);

  function answer({ socket, headers }: IncomingMessage, response: ServerResponse): void {
    const before = last.get(socket);
    if (before) before.acknowledged = true;
    last.delete(socket);
    const text = JSON.stringify({ records: [...records.values()].map((one) => values.get(one)) });
    // The baseline has to be known: while nothing has changed, nothing goes wrong.
    const fault = revision === KEYS.length ? 100 : chance.below(100);
    if (fault < FAULTS.error) {
      response.writeHead(500).end('out of order');
    } else if (fault < FAULTS.error + FAULTS.reset) {
      socket.destroy();
    } else if (fault < FAULTS.error + FAULTS.reset + FAULTS.cut) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
      response.write(text.slice(0, text.length / 2), () => socket.destroy());
    } else {
      const shown: Answer = { records: new Map(records), revision, acknowledged: false };
      answers.push(shown);
      last.set(socket, shown);
      const etag = `"${revision}.${records.size}"`;
      if (headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.writeHead(200, { 'content-type': 'application/json', etag }).end(text);
    }
  }

  return {
    ...(await listen(answer)),
    answers,
    values,
    records,
    change() {
      const missing = KEYS.filter((key) => !records.has(key));
      const kind = chance.below(10);
      if (missing.length > 0 && kind < 2) set(chance.pick(missing));
      else if (missing.length < MOST_MISSING && kind < 4) records.delete(chance.pick([...records.keys()]));
      else set(chance.pick([...records.keys()]));
    },
  };
}
