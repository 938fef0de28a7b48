import { createCipheriv, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { Received } from '../lib/http/received.ts';
import type { KnownBody } from './json/compare.ts';

/**
 * An accepted answer, kept so that the next one can be compared with it. It includes the Content-Type, which decides
 * what the bytes mean.
 */
export interface Witness {
  readonly contentType: string | null;
  readonly seen: KnownBody | Packed | Fingerprint;
}

/** What is needed to recognise the same bytes. */
interface Fingerprint {
  readonly fingerprint: Buffer;
  readonly length: number;
}

/** A compressed body. Most polls only ask whether the bytes are the same, for which the fingerprint is enough. */
interface Packed extends Fingerprint {
  readonly compressed: Buffer;
  readonly spans: KnownBody['spans'];
}

/** Bytes: compressing smaller bodies is not worth the work. */
const WORTH_PACKING = 8_192;

const compress = promisify(zstdCompress);
/** The fastest level already takes lists of records to an eighth. */
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const KEY = randomBytes(16);
const NONCE = Buffer.alloc(12);

/**
 * GMAC (NIST SP 800-38D) as a keyed 128-bit fingerprint, because processors compute it at many gigabytes a second. A
 * fixed nonce is safe here, because key and fingerprints never leave the process.
 */
function fingerprintOf(pieces: readonly Buffer[]): Buffer {
  const mac = createCipheriv('aes-128-gcm', KEY, NONCE);
  for (const piece of pieces) mac.setAAD(piece);
  mac.final();
  return mac.getAuthTag();
}

/**
 * The witness of an answer that was decoded completely.
 *
 * @param comparable whether single records of the next body can be decoded by themselves
 */
export function witnessOf(body: Buffer, contentType: string | null, comparable: boolean): Witness {
  const seen = comparable
    ? { body, spans: null }
    : { fingerprint: fingerprintOf([body]), length: body.length };
  return { contentType, seen };
}

/** Whether an answer has the same bytes and Content-Type as the witness. */
export function isSame(
  { seen, contentType }: Witness,
  body: Pick<Received, 'length' | 'pieces'>,
  type: string | null,
): boolean {
  if (type !== contentType) return false;
  if ('body' in seen) return seen.body.length === body.length && holds(seen.body, body.pieces);
  return seen.length === body.length && seen.fingerprint.equals(fingerprintOf(body.pieces));
}

/** @param pieces of the same total length */
function holds(whole: Buffer, pieces: readonly Buffer[]): boolean {
  let at = 0;
  for (const piece of pieces) {
    if (piece.compare(whole, at, at + piece.length) !== 0) return false;
    at += piece.length;
  }
  return true;
}

/** Whether the body itself is kept, not only its fingerprint. */
export function keepsBody({ seen }: Witness): boolean {
  return 'body' in seen || 'compressed' in seen;
}

/** The body of the witness; null if it was not kept. */
export function unpack({ seen }: Witness): KnownBody | null {
  if ('body' in seen) return seen;
  return 'compressed' in seen ? { body: zstdDecompressSync(seen.compressed), spans: seen.spans } : null;
}

/** Whether {@link pack} would save memory. */
export function isWorthPacking({ seen }: Witness): boolean {
  return 'body' in seen && seen.body.length >= WORTH_PACKING;
}

/** The witness with a compressed body, about an eighth of its size. */
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
