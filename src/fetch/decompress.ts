import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { Received } from '../lib/http/received.ts';

/** The result of a decompression; `reason` is for a person. */
export type Decompressed =
  | { readonly kind: 'body'; readonly body: Received }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'undecodable'; readonly reason: string };

/** The codings that are accepted, most common first. */
export const ACCEPTED = 'gzip, deflate, br, zstd';

/** Codings at most: honest servers use one, and each further one multiplies the size of a decompression bomb. */
const MOST_CODINGS = 3;

/** RFC 9659: no window above 8 MB, or a frame of a few bytes could claim 128 MB of memory. */
const ZSTD = { params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } };

const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const inflate = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate);
const inflateRaw = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflateRaw);
const brotli = promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);
const zstd = promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress);

type Decoder = (body: Buffer, bound: { readonly maxOutputLength: number }) => Promise<Buffer>;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', (body, bound) => (hasZlibHeader(body) ? inflate(body, bound) : inflateRaw(body, bound))],
  ['br', brotli],
  ['zstd', (body, bound) => zstd(body, { ...ZSTD, ...bound })],
]);

/** The codings of a `Content-Encoding`, in the order in which they were applied; empty for a plain body. */
export function codings(contentEncoding: string | readonly string[] | undefined): readonly string[] {
  if (contentEncoding === undefined) return [];
  return String(contentEncoding)
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

/**
 * Undoes codings, the last applied first, off the main thread. It stops as soon as any of them yields more than
 * `limit` bytes, so that a bomb costs no more than an honest answer. An empty body is empty whatever its declared
 * coding.
 */
export async function decompress(
  body: Buffer,
  applied: readonly string[],
  limit: number,
): Promise<Decompressed> {
  if (applied.length > MOST_CODINGS)
    return { kind: 'undecodable', reason: `${applied.length} codings on top of each other` };
  let plain = body;
  for (const coding of applied.toReversed()) {
    if (plain.length === 0) break;
    const decoder = DECODERS.get(coding);
    if (!decoder)
      return {
        kind: 'undecodable',
        reason: `unknown content encoding ${JSON.stringify(coding.slice(0, 40))}`,
      };
    try {
      plain = await decoder(plain, { maxOutputLength: limit });
    } catch (error) {
      return problem(coding, error);
    }
  }
  return { kind: 'body', body: Received.of(plain) };
}

function problem(coding: string, error: unknown): Decompressed {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too_large' };
  const reason = code === 'Z_BUF_ERROR' ? `the ${coding} data ends early` : `this is not ${coding} data`;
  return { kind: 'undecodable', reason };
}

/** "deflate" means zlib data (RFC 9110, 8.4.1.2), but many servers send it without the zlib header (RFC 1950, 2.2). */
function hasZlibHeader(body: Buffer): boolean {
  const [first = 0, second = 0] = body;
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}
