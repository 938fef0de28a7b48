import pino, { type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Redactor } from './redact.ts';

export type { Logger };

export interface LogOptions {
  readonly level: string;
  readonly format: 'auto' | 'json' | 'pretty';
  /** Has the last word on every line, so that no secret leaves whatever was logged. */
  readonly redactor: Redactor;
  /** Where lines go; standard output unless a test or a command says otherwise. */
  readonly destination?: NodeJS.WritableStream & { isTTY?: boolean };
}

/** One JSON object per line; for people, on a terminal or when asked for, one readable line. */
export function createLogger({ level, format, redactor, destination = process.stdout }: LogOptions): Logger {
  const readable = format === 'pretty' || (format === 'auto' && destination.isTTY === true);
  const stream: DestinationStream = readable
    ? pretty({
        colorize: destination.isTTY === true,
        ignore: 'pid,hostname',
        translateTime: 'HH:MM:ss',
        singleLine: true,
        errorLikeObjectKeys: [],
        sync: true,
        destination: destination as never,
      })
    : destination;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => stream.write(redactor.redact(line)) },
  );
}
