import { counted, formatWait } from '../lib/units.ts';

/** How a budget stands. */
export interface Standing {
  /** Its name; for one without, host and port of the origin. */
  readonly budget: string;
  /** Requests that may be sent until the tightest limit is reached; null if none is known. */
  readonly left: number | null;
  /** What is counted down from; null where that is not known. */
  readonly limit: number | null;
  /** Milliseconds for which nothing is sent, as the server refused. */
  readonly paused: number;
  /** Milliseconds between two requests, learned from refusals; null if nothing was. */
  readonly pace: number | null;
  /** Requests that wait. */
  readonly waiting: number;
}

/** What the operator wants to know of the gate at once. */
export type GateNews =
  | { readonly kind: 'limited' | 'relieved'; readonly standing: Standing }
  | {
      readonly kind: 'scarce';
      readonly standing: Standing;
      readonly wait: number;
      readonly by: 'budget' | 'server';
    }
  | { readonly kind: 'failing' | 'answering'; readonly host: string };

interface Line {
  readonly level: 'info' | 'warn';
  readonly fields: Readonly<{ [name: string]: unknown }>;
  readonly message: string;
}

/** The log line of a piece of news: what happened and what follows. */
export function lineOf(news: GateNews): Line {
  switch (news.kind) {
    case 'limited': {
      const { budget, paused, pace, waiting } = news.standing;
      const slower = pace === null ? '' : `, and then one in ${formatWait(pace)}`;
      const others = waiting === 0 ? '' : `; ${counted(waiting, 'request')} waiting`;
      const message = `${budget} asks for fewer requests: none for ${formatWait(paused)}${slower}${others}`;
      return { level: 'warn', fields: { budget }, message };
    }
    case 'relieved': {
      const { budget } = news.standing;
      return { level: 'info', fields: { budget }, message: `${budget} answers again` };
    }
    case 'scarce': {
      const { budget, left, waiting } = news.standing;
      const who = news.by === 'server' ? `${budget} says that it` : `the budget ${budget}`;
      const next = `the next one in ${formatWait(news.wait)}; ${counted(waiting, 'request')} waiting`;
      return {
        level: 'info',
        fields: { budget },
        message: `${who} has ${counted(left ?? 0, 'request')} left: ${next}`,
      };
    }
    case 'failing': {
      const { host } = news;
      const message = `${host} answers none of its sources: they wait, and one request at a time finds out whether it is back`;
      return { level: 'warn', fields: { host }, message };
    }
    case 'answering':
      return { level: 'info', fields: { host: news.host }, message: `${news.host} is back` };
  }
}
