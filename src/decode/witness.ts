import { createCipheriv, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { KnownBody } from './json/compare.ts';

/**
 * A body that was read and accepted, kept so that the next one can be compared with it. At rest it is packed: most
 * polls only ask whether the bytes are the same, for which the fingerprint does.
 */
export type Witness = KnownBody | Packed;

interface Packed {
  readonly fingerprint: Buffer;
  readonly compressed: Buffer;
  readonly length: number;
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
function fingerprintOf(body: Buffer): Buffer {
  const mac = createCipheriv('aes-128-gcm', KEY, NONCE).setAAD(body);
  mac.final();
  return mac.getAuthTag();
}

/** Whether a body has the very bytes that the witness had. */
export function isSame(witness: Witness, body: Buffer): boolean {
  if ('body' in witness) return witness.body.equals(body);
  return witness.length === body.length && witness.fingerprint.equals(fingerprintOf(body));
}

/** The witness with its body at hand. */
export function unpack(witness: Witness): KnownBody {
  if ('body' in witness) return witness;
  return { body: zstdDecompressSync(witness.compressed), spans: witness.spans };
}

/** The witness in as little memory as is reasonable: about an eighth of its body. */
export async function pack(witness: Witness): Promise<Witness> {
  if (!('body' in witness) || witness.body.length < WORTH_PACKING) return witness;
  const { body, spans } = witness;
  return {
    fingerprint: fingerprintOf(body),
    compressed: await compress(body, FASTEST),
    length: body.length,
    spans,
  };
}
