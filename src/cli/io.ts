import { Redactor } from '../lib/redact.ts';

/** The surroundings of a command, passed in so that tests can observe it. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Width of the terminal that results go to; absent without one. */
  readonly columns?: number;
  /** Results. */
  out(text: string): void;
  /** Everything else. */
  err(text: string): void;
  /** Removes these secrets from everything written by `err` from now on. */
  hide?(secrets: readonly string[]): void;
}

/** The terminal or pipe of this process. */
export function createProcessIo(): Io {
  const redactor = new Redactor();
  return {
    env: process.env,
    ...(process.stdout.isTTY && { columns: process.stdout.columns }),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(redactor.redact(text)),
    hide: (secrets) => redactor.replace(secrets),
  };
}
