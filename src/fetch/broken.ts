import { type Failure, failure, messageOf } from '../errors.ts';
import { formatDuration } from '../lib/units.ts';
import type { Stage } from './exchange.ts';

/** Reasons in words, by the codes of Node, OpenSSL and undici. */
const UNREACHABLE: { readonly [code: string]: string } = {
  ENOTFOUND: 'the host name does not exist',
  EAI_AGAIN: 'the host name could not be looked up',
  EAI_NODATA: 'the host name has no address',
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'the connection got no answer',
  UND_ERR_CONNECT_TIMEOUT: 'the connection got no answer',
  ECONNRESET: 'the connection was reset before an answer',
  EPIPE: 'the connection was closed before an answer',
  UND_ERR_SOCKET: 'the connection was closed before an answer',
};

const TLS: { readonly [code: string]: string } = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate chain ends in a certificate that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is signed by nobody that is trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate is signed by nobody that is trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is signed by nobody that is trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS; perhaps it is http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the server does not speak TLS; perhaps it is http://',
};

const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|UNABLE_TO_|EPROTO$|INVALID_CA$|INVALID_PURPOSE$|.*SELF_SIGNED)/;

/** undici's objections to a request that the configuration asks for, such as a header that HTTP reserves. */
const UNSENDABLE = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

/**
 * Says why an exchange came to nothing: with host and port and a reason in words, never with path, query or headers.
 *
 * @param timeout of the poll, in milliseconds
 */
export function brokenFailure(error: unknown, stage: Stage, host: string, timeout: number): Failure {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    const what = { connecting: 'no connection', waiting: 'no answer', reading: 'no complete answer' }[stage];
    return failure('FETCH_TIMEOUT', `${host}: ${what} within ${formatDuration(timeout)}`);
  }
  const code = codeOf(error);
  if (UNSENDABLE.has(code)) return failure('FETCH_REQUEST', `${host}: ${messageOf(error)}`);
  if (code in TLS || TLS_CODE.test(code)) return failure('FETCH_TLS', `${host}: ${TLS[code] ?? code}`);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return failure('FETCH_PROTOCOL', `${host}: the answer's headers are too large`);
  }
  // undici's parser has a name but, in practice, no code.
  const unreadable = error instanceof Error && error.name === 'HTTPParserError';
  if (stage === 'reading') {
    const how = unreadable ? 'its framing is broken' : 'the connection ended';
    return failure('FETCH_TRUNCATED', `${host}: the answer is incomplete: ${how}`);
  }
  if (unreadable) return failure('FETCH_PROTOCOL', `${host}: what answers does not speak HTTP`);
  return failure('FETCH_UNREACHABLE', `${host}: ${UNREACHABLE[code] ?? messageOf(error)}`);
}

/** The code of an error: when several addresses were tried, that of the first. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
