import { counted, formatWait } from '../lib/units.ts';

/** The current state of a budget. */
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

/** A change at the gate that the operator should see at once. */
export type GateReport =
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

/** The log line of a report: what happened and what follows. */
export function lineOf(report: GateReport): Line {
  switch (report.kind) {
    case 'limited': {
      const { budget, paused, pace, waiting } = report.standing;
      const slower = pace === null ? '' : `, and then one in ${formatWait(pace)}`;
      const others = waiting === 0 ? '' : `; ${counted(waiting, 'request')} waiting`;
      const message = `${budget} asks for fewer requests: none for ${formatWait(paused)}${slower}${others}`;
      return { level: 'warn', fields: { budget }, message };
    }
    case 'relieved': {
      const { budget } = report.standing;
      return { level: 'info', fields: { budget }, message: `${budget} answers again` };
    }
    case 'scarce': {
      const { budget, left, waiting } = report.standing;
      const who = report.by === 'server' ? `${budget} says that it` : `the budget ${budget}`;
      const next = `the next one in ${formatWait(report.wait)}; ${counted(waiting, 'request')} waiting`;
      return {
        level: 'info',
        fields: { budget },
        message: `${who} has ${counted(left ?? 0, 'request')} left: ${next}`,
      };
    }
    case 'failing': {
      const { host } = report;
      const message = `${host} answers none of its sources: they wait, and one request at a time probes whether it is back`;
      return { level: 'warn', fields: { host }, message };
    }
    case 'answering':
      return { level: 'info', fields: { host: report.host }, message: `${report.host} is back` };
  }
}
