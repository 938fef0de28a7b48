import { STATUS_CODES } from 'node:http';
import { type Code, type Failure, failure } from '../errors.ts';

/** An answer with an error status, and what is needed to explain it. */
export interface Refusal {
  readonly host: string;
  readonly status: number;
  /** The server's own words beside the status, often empty. */
  readonly reason: string;
  readonly contentType: string | null;
  /** The beginning of the body; null if it could not be decompressed. */
  readonly body: Buffer | null;
  /** Whether the request was refused because of a rate limit. */
  readonly limited: boolean;
  /** Set after a redirect to another origin, which got no credentials. */
  readonly stranger: boolean;
}

/** The failure of an error status, with the title of the error page. */
export function statusFailure(refusal: Refusal): Failure {
  const { host, status, reason, stranger } = refusal;
  const words = printable(reason) || (STATUS_CODES[status] ?? '');
  const code = codeOf(refusal);
  const hint =
    code === 'FETCH_CREDENTIALS' && stranger
      ? ' (a redirect led to this origin, which is given no credentials)'
      : '';
  const said = titleOf(refusal);
  const message = `${host} answered ${`${status} ${words}`.trim()}${hint}`;
  return failure(code, said === '' ? message : `${message}: ${JSON.stringify(said)}`);
}

function codeOf({ status, limited }: Refusal): Code {
  if (limited) return 'FETCH_LIMITED';
  return status === 401 || status === 403 ? 'FETCH_CREDENTIALS' : 'FETCH_STATUS';
}

/** The title of an error page, at most 100 characters. Quoting more could put echoed secrets into the log. */
function titleOf({ contentType, body }: Refusal): string {
  if (body === null || !/html/i.test(contentType ?? '')) return '';
  return printable(/<title>([^<]{1,100})/i.exec(body.toString())?.[1] ?? '');
}

/** Control, format and unassigned characters could disguise a log line or drive a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').trim();
}
