import { STATUS_CODES } from 'node:http';
import { type Code, type Failure, failure } from '../errors.ts';

const LONGEST_EXCERPT = 200;

const TEXTUAL = /^(?:text\/|application\/(?:[^;]*[+])?(?:json|xml)\b)/i;

/** An answer that is no success, with what is needed to explain it. */
export interface Refusal {
  readonly host: string;
  readonly status: number;
  /** The server's own words beside the status, often empty. */
  readonly reason: string;
  readonly contentType: string | null;
  /** The beginning of the body; null if it could not be decompressed. */
  readonly body: Buffer | null;
  /** Whether the server asked for a pause. */
  readonly pause: boolean;
  /** Set after a redirect to another origin, which got no credentials. */
  readonly stranger: boolean;
}

/** Puts a status that is neither success nor redirect into words, with the beginning of what the server says. */
export function statusFailure(refusal: Refusal): Failure {
  const { host, status, reason, stranger } = refusal;
  const words = printable(reason) || (STATUS_CODES[status] ?? '');
  const code = codeOf(refusal);
  const hint =
    code === 'FETCH_CREDENTIALS' && stranger
      ? ' (a redirect led to this origin, which is given no credentials)'
      : '';
  const said = excerpt(refusal);
  const message = `${host} answered ${`${status} ${words}`.trim()}${hint}`;
  return failure(code, said === '' ? message : `${message}: ${said}`);
}

function codeOf({ status, pause }: Refusal): Code {
  // GitHub and Salesforce limit with 403; the header tells it from a lost login.
  if (status === 429 || ((status === 503 || status === 403) && pause)) return 'FETCH_LIMITED';
  return status === 401 || status === 403 ? 'FETCH_CREDENTIALS' : 'FETCH_STATUS';
}

/** Text for people: at most 200 characters on one line; of an HTML page its title, or else its text. */
function excerpt({ contentType, body }: Refusal): string {
  if (body === null || (contentType !== null && !TEXTUAL.test(contentType))) return '';
  const text = body.toString();
  const html = /html/i.test(contentType ?? '');
  const shown = printable(
    html ? (/<title>([^<]+)/i.exec(text)?.[1] ?? text.replace(/<[^<>]*>/g, ' ')) : text,
  );
  return shown.length > LONGEST_EXCERPT ? `${beginning(shown)}…` : shown;
}

/** Cuts between words: half a secret, echoed by the server, would not be recognised by whoever hides secrets. */
function beginning(text: string): string {
  const start = text.slice(0, LONGEST_EXCERPT);
  return start.slice(0, Math.max(0, start.search(/[\s"'<>,;(){}[\]][^\s"'<>,;(){}[\]]*$/)));
}

/** Control, format and unassigned characters could disguise a log line or drive a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').trim();
}
