/**
 * Everything that can go wrong, by a stable code: what it means and what to do. docs/errors.md is this table;
 * a test keeps them equal. Expected failures are values ({@link Failure}); exceptions ({@link PollhookError}) are for
 * bad configuration, a state that cannot be trusted, and bugs.
 */
export const CODES = {
  CONFIG_UNREADABLE: [
    'The configuration file cannot be read.',
    'Check the path given with --config, and its permissions.',
  ],
  CONFIG_INVALID: [
    'The configuration has mistakes.',
    'Each is listed with its line and column; `pollhook check` repeats the list.',
  ],
  USAGE: ['The command line is wrong.', 'See `pollhook --help`.'],

  STATE_UNAVAILABLE: [
    'The state cannot be opened or created.',
    'Check that the folder exists, is writable for this user, and is on a disk that works.',
  ],
  STATE_DAMAGED: [
    'A file of the state is damaged: it is not what pollhook wrote.',
    'Restore it from a backup. If `pollhook state verify` names only the file of a source, `pollhook state reset SOURCE` starts that source from a new baseline.',
  ],
  STATE_VERSION: [
    'The state was written by another version.',
    'Run the version that wrote it, or a newer one.',
  ],
  STATE_LOCKED: ['Another process owns the state.', 'Stop it first, or give this one a state of its own.'],
  STATE_WRITE_FAILED: [
    'The state could not be written, so nothing was acknowledged and the process stopped.',
    'Free disk space or repair the disk, then start again; nothing is missing.',
  ],
  STATE_CONFLICT: [
    'Another process committed to the same source first.',
    'Nothing: the next poll compares with what that one stored.',
  ],

  POLL_FAULT: [
    'The poll failed because of an error in pollhook itself.',
    'Nothing was stored, and the poll is retried after the back-off. Please report the message, with the answer of the server if you can.',
  ],

  FETCH_UNREACHABLE: [
    'The server could not be reached.',
    'Check host name, port, network and firewall from the machine that runs pollhook.',
  ],
  FETCH_REQUEST: [
    'The request cannot be sent as it is configured.',
    'The message names what HTTP does not allow: look at `headers`, `auth` and `body`.',
  ],
  FETCH_TLS: [
    'The TLS connection failed.',
    'Check the certificate: its dates, its names, and who signed it.',
  ],
  FETCH_PROXY: [
    'The proxy could not forward the request to the server.',
    'The message names the proxy and what it said: check `proxy`, or HTTP_PROXY, HTTPS_PROXY and NO_PROXY.',
  ],
  FETCH_PROTOCOL: [
    'The answer is not valid HTTP.',
    'Check that `url` names an HTTP server: scheme, host name and port.',
  ],
  FETCH_TIMEOUT: ['The answer did not arrive in time.', 'Raise `timeout`, or ask for less.'],
  FETCH_TRUNCATED: [
    'The connection ended before the answer was complete.',
    'If it happens often, look at the server or at a proxy in between.',
  ],
  FETCH_TOO_LARGE: ['The answer is larger than `max_body`.', 'Raise `max_body`, or ask for less.'],
  FETCH_ENCODING: [
    'The compressed answer could not be decompressed.',
    'Look at the server or at a proxy in between.',
  ],
  FETCH_STATUS: [
    'The server answered with an error status.',
    'The message names the status; look at the server.',
  ],
  FETCH_CREDENTIALS: [
    'The server refused the credentials.',
    'Check `auth`. The poll is retried after the longest `backoff`, and at the next start.',
  ],
  FETCH_LIMITED: [
    'The server asked for fewer requests.',
    'pollhook waits as long as the server asked. Give the sources a `budget`, or raise `every`: `pollhook poll SOURCE` shows what the server says of its limits.',
  ],
  FETCH_REDIRECT: ['The redirect could not be followed.', 'Write the final address into `url`.'],

  FETCH_PAGES: [
    'The pages of a list could not be read to the end, so none of them was used.',
    'The message says at which page and why: compare `paginate` with what the server sends.',
  ],
  FETCH_MOVING: [
    'The list kept changing while its pages were read, so it could not become a baseline.',
    'Request a stable order (by id or creation time), larger pages, or poll when less happens.',
  ],

  EXPECT_ANSWER: [
    'The answer is not what `expect` asks for.',
    'Look at what `url` answers: often an error or login page. If the answer is right, correct `expect`.',
  ],
  EXPECT_COUNT: [
    'There are more or fewer records than expected or declared.',
    'Check whether the server leaves some out: permissions of the credentials, a limit on the page size.',
  ],

  DECODE_TYPE: [
    'The answer is not of the expected format.',
    'Look at what `url` answers: often an error or login page.',
  ],
  DECODE_CHARSET: [
    'The answer is not valid in its character set.',
    'Look at the server, or at a proxy in between.',
  ],
  DECODE_MALFORMED: [
    'The answer is not well-formed.',
    'Look at what `url` answers: often half a file or an error page.',
  ],
  DECODE_LIMIT: [
    'The answer exceeds a limit on size, depth or parsing time.',
    'Ask for less; if a `pattern` or a selector takes too long, write it more narrowly.',
  ],
  DECODE_ITEMS: [
    'The list was not where `items` says.',
    'Compare `items` with what `url` answers; the message says what is there.',
  ],
  DECODE_KEY: [
    'A record has no usable `key`.',
    'Choose a field that every record has; the message says what is there.',
  ],
  DECODE_CURSOR: [
    'No record has a time that can be read where `incremental.cursor` says.',
    'Choose the field with the time of the last change: `pollhook poll SOURCE` shows the records.',
  ],
  DECODE_DUPLICATE: [
    'Two records have the same `key`.',
    'Choose a field, or a list of fields, that is different for each record.',
  ],

  DELIVERY_BODY: [
    'The body of the request could not be made from the event, so nothing was sent.',
    'Correct the expression in `format.body`, or write a smaller `batch.max`, then retry the dead letters.',
  ],
  DELIVERY_UNREACHABLE: [
    'The receiver could not be reached.',
    'Check host name, port, network and firewall from the machine that runs pollhook.',
  ],
  DELIVERY_TLS: [
    'The TLS connection to the receiver failed.',
    'Check the certificate: its dates, its names, and who signed it.',
  ],
  DELIVERY_PROXY: [
    'The proxy could not forward the request to the receiver.',
    'The message names the proxy and what it said: check `proxy`, or HTTP_PROXY, HTTPS_PROXY and NO_PROXY.',
  ],
  DELIVERY_EGRESS: [
    '`egress` does not allow the address of the receiver.',
    'Correct `url`, or add the network to `egress.allow`.',
  ],
  DELIVERY_CREDENTIALS: [
    'The credentials for the receiver could not be obtained.',
    'The message says which server refused, and how: check `auth`.',
  ],
  DELIVERY_TIMEOUT: [
    'The receiver did not answer in time.',
    'Acknowledge first, work later; or raise `timeout`.',
  ],
  DELIVERY_BROKEN: [
    'The connection ended before the answer was complete.',
    'Look at the receiver or at a proxy in between.',
  ],
  DELIVERY_STATUS: [
    'The receiver answered with an error status.',
    'Look at the receiver; the first part of its answer is kept with the attempt.',
  ],
  DELIVERY_REDIRECT: [
    'The receiver redirected; webhooks are never redirected.',
    'Write the final address into `url`.',
  ],
  DELIVERY_GONE: [
    'The receiver answered 410 Gone: the webhook is held, its events are kept.',
    'Correct `url`, or try once more: `pollhook resume WEBHOOK`.',
  ],
  DELIVERY_LIMITED: ['The receiver asked for a pause.', 'Nothing: delivery goes on when the pause is over.'],

  LISTEN_FAILED: [
    'The server could not listen on its address.',
    'Choose a free port (`server.listen`, `--port`), or stop the process that uses it.',
  ],

  API_CLOSED: [
    'The server listens beyond this machine without a token, so it serves only health, readiness and metrics.',
    'Set `server.token`, or listen on a loopback address.',
  ],
  API_TOKEN: [
    'The request has no token, or a wrong one.',
    'Send `Authorization: Bearer TOKEN` with the value of `server.token`.',
  ],
  API_HOST: [
    'The request names a host that is not this server, so a web page may have sent it.',
    'Use the address that the server listens on, or localhost; behind a proxy, set `server.token`.',
  ],
  API_ORIGIN: [
    'The request comes from a web page of another origin.',
    "Use the daemon's own console, or a client other than a web page.",
  ],
  API_NOT_FOUND: [
    'Nothing with this name or id exists.',
    'The lists of the API show what exists; finished events are removed by `retention`.',
  ],
  API_METHOD: ['The address does not support this method.', 'The header `Allow` names the supported ones.'],
  API_INPUT: [
    'A parameter or the body of the request is wrong.',
    'The message names each mistake; `/api/v1/openapi.json` describes all parameters.',
  ],
  API_TOO_LARGE: ['The body of the request is too large.', 'Send less.'],
  API_CONFLICT: [
    'The request conflicts with the current state.',
    'The message says why: check the current state, and repeat the request if it still makes sense.',
  ],
  API_GONE: [
    'The event named by `after` is unknown, or no longer kept.',
    'Continue after the oldest event, which the answer names, or read without `after`.',
  ],
  API_NOT_READY: [
    'The daemon is starting or stopping.',
    'Try again in a moment; `/readyz` shows when it is ready.',
  ],
  API_BUSY: ['Too many clients follow the stream.', 'Close some, or try again later.'],
  API_FAILED: [
    'The request could not be answered because of an internal error.',
    'The log of the daemon has the details.',
  ],

  DAEMON_UNREACHABLE: [
    'The running daemon could not be reached.',
    'Start it with `pollhook run`, or name its address with --url.',
  ],
} as const satisfies { [code: string]: readonly [meaning: string, remedy: string] };

export type Code = keyof typeof CODES;

/** An expected failure: a code of the table, and a message that says what and where. */
export interface Failure {
  readonly code: Code;
  readonly message: string;
}

export function failure(code: Code, message: string): Failure {
  return { code, message };
}

/** Whether a result is a failure rather than a value. */
export function isFailure<T>(value: T | Failure): value is Extract<T | Failure, Failure> {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

/** Whether an answer came that cannot be believed, as opposed to none: the source is then suspect, not failing. */
export function isSuspect({ code }: Failure): boolean {
  return code.startsWith('DECODE_') || code.startsWith('EXPECT_');
}

/** What is thrown when going on would be wrong. The message says what and where; `remedy` what to do. */
export class PollhookError extends Error {
  readonly code: Code;
  override readonly name = 'PollhookError';

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get remedy(): string {
    return CODES[this.code][1];
  }

  /** 1 failed at run time, 2 wrong usage or configuration, 3 another process owns the state. */
  get exitCode(): number {
    if (this.code === 'STATE_LOCKED') return 3;
    return this.code.startsWith('CONFIG_') || this.code === 'USAGE' ? 2 : 1;
  }
}

/** The message of anything that was thrown, with its causes: undici hides the reason in `cause`. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = [error.message || error.name];
  if (error instanceof AggregateError) parts.push(...error.errors.map(messageOf));
  if (error.cause !== undefined) parts.push(messageOf(error.cause));
  return [...new Set(parts.filter(Boolean))].join(': ');
}
