import { messageOf, PollhookError } from '../../errors.ts';
import {
  BUSY,
  CONSTRAINT,
  CORRUPT,
  MISMATCH,
  MISUSE,
  NOTADB,
  RANGE,
  resultOf,
  TOOBIG,
} from '../result-code.ts';

/** Whether a statement failed without harm to the database, as opposed to a failed write. */
export function isRefusal(error: unknown): boolean {
  const result = resultOf(error);
  return result === null || [TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE].includes(result);
}

export function damagedDatabase(file: string, reason: string, cause?: unknown): PollhookError {
  const message = `${file}: ${reason}; restore the file with its -wal file from a backup, or move both away to start afresh`;
  return new PollhookError('STATE_DAMAGED', message, { cause });
}

export function unavailable(file: string, reason: string, cause?: unknown): PollhookError {
  return new PollhookError('STATE_UNAVAILABLE', `${file}: ${reason}`, { cause });
}

/** The error for a failure to open or read. */
export function readFailure(file: string, error: unknown): unknown {
  const result = resultOf(error);
  if (result === BUSY)
    return new PollhookError('STATE_LOCKED', `${file}: another process is using the database`, {
      cause: error,
    });
  if (result === CORRUPT || result === NOTADB) return damagedDatabase(file, messageOf(error), error);
  if (result !== null || (error instanceof Error && 'syscall' in error)) {
    return unavailable(file, messageOf(error), error);
  }
  return error;
}

export function writeFailure(file: string, error: unknown): PollhookError {
  return new PollhookError('STATE_WRITE_FAILED', `${file}: ${messageOf(error)}`, { cause: error });
}
