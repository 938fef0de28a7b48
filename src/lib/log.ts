import type { Writable } from 'node:stream';
import pino, { type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Redactor } from './redact.ts';
import { counted } from './units.ts';

export type { Logger };

type Destination = Writable & { isTTY?: boolean; hasColors?(): boolean };

/** What is logged, and how. */
export interface LogStyle {
  readonly level: string;
  readonly format: 'auto' | 'json' | 'pretty';
}

export interface LogOptions extends LogStyle {
  /** Applied to every line last, so that no secret leaves the process, whatever was logged. */
  readonly redactor: Redactor;
  /** Where lines go; standard output unless a test or a command says otherwise. */
  readonly destination?: Destination;
}

/** A log whose level and format can be changed while it is in use. */
export interface Log {
  readonly logger: Logger;
  configure(style: LogStyle): void;
}

/** Bytes that are buffered for a reader that does not read. */
const MOST_WAITING = 4_000_000;

/** One JSON object per line; readable lines on a terminal or if configured. */
export function createLogger(options: LogOptions): Logger {
  return createLog(options).logger;
}

export function createLog({ redactor, destination = process.stdout, ...style }: LogOptions): Log {
  let { format } = style;
  const forPeople = prettyFactory({
    // Respects NO_COLOR and TERM as well.
    colorize: destination.hasColors?.() === true,
    ignore: 'pid,hostname',
    translateTime: 'HH:MM:ss',
    singleLine: true,
    errorLikeObjectKeys: [],
  });
  /**
   * Child loggers keep the level that they were created with, so they are tracked to change it. They are weak
   * references, since sources and webhooks come and go.
   */
  let children: WeakRef<Logger>[] = [];
  let dropped = 0;
  function write(line: string): void {
    if (destination.writableLength > MOST_WAITING) {
      dropped += 1;
      return;
    }
    const count = dropped;
    dropped = 0;
    if (count > 0) logger.warn(`${counted(count, 'line')} of the log dropped: nobody read them in time`);
    const redacted = redactor.redact(line);
    const readable = format === 'pretty' || (format === 'auto' && destination.isTTY === true);
    destination.write(readable ? forPeople(redacted) : redacted);
  }
  const logger = pino(
    {
      level: style.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      onChild: (child) => void children.push(new WeakRef(child)),
    },
    { write },
  );
  return {
    logger,
    configure(changed) {
      ({ format } = changed);
      children = children.filter((child) => child.deref());
      for (const one of [logger, ...children.map((child) => child.deref())]) {
        if (one) one.level = changed.level;
      }
    },
  };
}
