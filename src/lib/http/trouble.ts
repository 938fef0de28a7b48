import { messageOf } from '../../errors.ts';
import type { Stage } from './exchange.ts';

/** Why an exchange failed, in words without path, query or headers. */
export interface Trouble {
  readonly kind:
    | 'unreachable'
    | 'tls'
    /** The answer is not valid HTTP. */
    | 'protocol'
    | 'timeout'
    /** The server was reached and ended the connection before its answer. */
    | 'broken'
    /** The connection ended within the answer. */
    | 'truncated'
    /** The request is not allowed by HTTP. */
    | 'request'
    /** A proxy failed: the server itself may be fine. */
    | 'proxy'
    /** `egress` does not allow the address. */
    | 'egress'
    /** The server for credentials refused, */
    | 'credentials'
    /** asked for fewer requests, */
    | 'limited'
    /** or gave an unusable answer. */
    | 'answer';
  readonly reason: string;
}

/** A failure that is caused by the proxy or the egress policy, not by the server. */
export class RouteError extends Error {
  readonly kind: 'proxy' | 'egress';
  override readonly name = 'RouteError';

  constructor(kind: RouteError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Reasons in words, by the codes of Node, OpenSSL and undici. */
const UNREACHABLE: { readonly [code: string]: string } = {
  ENOTFOUND: 'the host name does not exist',
  EAI_AGAIN: 'the host name could not be looked up',
  EAI_FAIL: 'the host name could not be looked up',
  EAI_NODATA: 'the host name has no address',
  ECONNREFUSED: 'connection refused',
  EHOSTDOWN: 'no route to the host',
  EHOSTUNREACH: 'no route to the host',
  ENETDOWN: 'no route to the network',
  ENETUNREACH: 'no route to the network',
  EACCES: 'this machine does not allow the connection',
  EPERM: 'this machine does not allow the connection',
  EMFILE: 'this process may open no more files and connections: raise its limit (`ulimit -n`)',
  ENFILE: 'this machine may open no more files and connections',
  EADDRNOTAVAIL: 'this machine has no address or port left for the connection',
  ETIMEDOUT: 'the connection got no answer',
  UND_ERR_CONNECT_TIMEOUT: 'the connection got no answer',
};

/** Codes of connections that the server closed. */
const ENDED: { readonly [code: string]: string } = {
  ECONNRESET: 'the connection was reset before an answer',
  EPIPE: 'the connection was closed before an answer',
  UND_ERR_SOCKET: 'the connection was closed before an answer',
};

/** Messages of undici that share one code. */
const UNASKED: { readonly [message: string]: string } = {
  'bad response': 'the answer is 100 Continue, which was not asked for',
  'bad upgrade': 'the answer changes to another protocol, which was not asked for',
};

const OLD_TLS = 'the server speaks only TLS versions that are too old';
const NO_TLS = 'the server does not speak TLS; perhaps it is http://';
const NOBODY = 'the certificate is signed by nobody that is trusted';
const CLIENT = 'the server wants a client certificate, or another one';

const TLS: { readonly [code: string]: string } = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate chain ends in a certificate that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOBODY,
  UNABLE_TO_GET_ISSUER_CERT: NOBODY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOBODY,
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_SSL_UNSUPPORTED_PROTOCOL: OLD_TLS,
};

/**
 * TLS alerts by which the server ends the handshake (RFC 8446, 6.2). Versions of OpenSSL differ in the rest of the
 * code.
 */
const ALERTS: { readonly [name: string]: string } = {
  PROTOCOL_VERSION: OLD_TLS,
  CERTIFICATE_REQUIRED: CLIENT,
  BAD_CERTIFICATE: CLIENT,
  CERTIFICATE_UNKNOWN: CLIENT,
  CERTIFICATE_EXPIRED: CLIENT,
  UNKNOWN_CA: CLIENT,
  HANDSHAKE_FAILURE:
    'the server refused the handshake: it may want a client certificate, or know no common cipher',
};

/** OpenSSL's verification results and Node's own: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO|ERROR_IN_C|PATH_LENGTH|HOSTNAME_MISMATCH|EPROTO$|INVALID_CA$|INVALID_PURPOSE$|.*SELF_SIGNED)/;

/** Codes of undici for requests that cannot be sent, such as one with a reserved header. */
const UNSENDABLE = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

/** @param stage how far the exchange had progressed */
export function troubleOf(error: unknown, stage: Stage): Trouble {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    const reason = { connecting: 'no connection', waiting: 'no answer', reading: 'no complete answer' }[
      stage
    ];
    return { kind: 'timeout', reason };
  }
  if (error instanceof RouteError) return { kind: error.kind, reason: error.message };
  const code = codeOf(error);
  if (UNSENDABLE.has(code)) return { kind: 'request', reason: messageOf(error) };
  if (Object.hasOwn(TLS, code) || TLS_CODE.test(code))
    return { kind: 'tls', reason: (TLS[code] ?? alertOf(code) ?? code) + certified(error) };
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return { kind: 'protocol', reason: "the answer's headers are too large" };
  }
  // Errors of undici's parser have a name but, in practice, no code.
  const unreadable = error instanceof Error && error.name === 'HTTPParserError';
  if (stage === 'reading') {
    const how = unreadable ? 'its framing is broken' : 'the connection ended';
    return { kind: 'truncated', reason: `the answer is incomplete: ${how}` };
  }
  if (unreadable) return { kind: 'protocol', reason: 'what answers does not speak HTTP' };
  if (code === 'UND_ERR_SOCKET' && Object.hasOwn(UNASKED, messageOf(error)))
    return { kind: 'protocol', reason: UNASKED[messageOf(error)] ?? code };
  if (Object.hasOwn(UNREACHABLE, code)) return { kind: 'unreachable', reason: UNREACHABLE[code] ?? code };
  return { kind: 'broken', reason: ENDED[code] ?? messageOf(error) };
}

/** The names of a certificate that does not match the server: what the url should contain instead. */
function certified(error: unknown): string {
  const { cert } = error as { readonly cert?: { readonly subjectaltname?: string } };
  const names = cert?.subjectaltname?.replaceAll(/(?:DNS|IP Address):/g, '').slice(0, LONGEST_NAMES);
  return names === undefined ? '' : ` (it is for ${names})`;
}

/** Characters of this list at most, since the server chooses it. */
const LONGEST_NAMES = 120;

/** The code of an error or of its cause; that of the first if several addresses were tried. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return '';
  return 'code' in error && typeof error.code === 'string' ? error.code : codeOf(error.cause);
}

function alertOf(code: string): string | undefined {
  const [, name = ''] = /_ALERT_([A-Z_]+)$/.exec(code) ?? [];
  return Object.hasOwn(ALERTS, name) ? ALERTS[name] : undefined;
}
