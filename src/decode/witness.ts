import { createCipheriv, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { Received } from '../lib/http/received.ts';
import type { KnownBody } from './json/compare.ts';

/**
 * An answer that was read and accepted, kept so that the next one can be compared with it. Bytes mean the same only under
 * the same Content-Type.
 */
export interface Witness {
  readonly contentType: string | null;
  readonly seen: KnownBody | Packed | Fingerprint;
}

/** Enough to know the same bytes again. */
interface Fingerprint {
  readonly fingerprint: Buffer;
  readonly length: number;
}

/** A body at rest: most polls only ask whether the bytes are the same, for which the fingerprint does. */
interface Packed extends Fingerprint {
  readonly compressed: Buffer;
  readonly spans: KnownBody['spans'];
}

/** Smaller bodies are not worth the work. */
const WORTH_PACKING = 8_192;

const compress = promisify(zstdCompress);
/** The fastest level already takes lists of records to an eighth. */
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const KEY = randomBytes(16);
const NONCE = Buffer.alloc(12);

/**
 * GMAC (NIST SP 800-38D) as a keyed 128-bit fingerprint, because processors compute it at many gigabytes a second. One
 * nonce for all is safe here: key and fingerprints never leave the process.
 */
function fingerprintOf(pieces: readonly Buffer[]): Buffer {
  const mac = createCipheriv('aes-128-gcm', KEY, NONCE);
  for (const piece of pieces) mac.setAAD(piece);
  mac.final();
  return mac.getAuthTag();
}

/**
 * The witness of an answer that was read whole.
 *
 * @param comparable whether a part of the next body can be read by itself
 */
export function witnessOf(body: Buffer, contentType: string | null, comparable: boolean): Witness {
  const seen = comparable
    ? { body, spans: null }
    : { fingerprint: fingerprintOf([body]), length: body.length };
  return { contentType, seen };
}

/** Whether an answer has the very bytes that the witness had, and means the same by them. */
export function isSame(
  { seen, contentType }: Witness,
  body: Pick<Received, 'length' | 'pieces'>,
  type: string | null,
): boolean {
  if (type !== contentType) return false;
  if ('body' in seen) return seen.body.length === body.length && holds(seen.body, body.pieces);
  return seen.length === body.length && seen.fingerprint.equals(fingerprintOf(body.pieces));
}

/** @param pieces as many bytes */
function holds(whole: Buffer, pieces: readonly Buffer[]): boolean {
  let at = 0;
  for (const piece of pieces) {
    if (piece.compare(whole, at, at + piece.length) !== 0) return false;
    at += piece.length;
  }
  return true;
}

/** Whether the body itself is kept, not only what it takes to know it again. */
export function keepsBody({ seen }: Witness): boolean {
  return 'body' in seen || 'compressed' in seen;
}

/** The body that the witness had, if it was kept. */
export function unpack({ seen }: Witness): KnownBody | null {
  if ('body' in seen) return seen;
  return 'compressed' in seen ? { body: zstdDecompressSync(seen.compressed), spans: seen.spans } : null;
}

/** Whether {@link pack} makes anything of it. */
export function isWorthPacking({ seen }: Witness): boolean {
  return 'body' in seen && seen.body.length >= WORTH_PACKING;
}

/** The witness in as little memory as is reasonable: about an eighth of its body. */
export async function pack(witness: Witness): Promise<Witness> {
  const { seen, contentType } = witness;
  if (!('body' in seen) || seen.body.length < WORTH_PACKING) return witness;
  const { body, spans } = seen;
  const fingerprint = fingerprintOf([body]);
  return {
    contentType,
    seen: { fingerprint, compressed: await compress(body, FASTEST), length: body.length, spans },
  };
}
