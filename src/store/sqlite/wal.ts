import { type FileHandle, open } from 'node:fs/promises';

/** https://sqlite.org/fileformat2.html#the_write_ahead_log: all numbers are big-endian, except in checksums. */
const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;
/** Frames read at a time. */
const CHUNK = 256;

type Sums = readonly [number, number];

interface WalHeader {
  readonly pageSize: number;
  readonly salts: string;
  readonly littleEndian: boolean;
  readonly sums: Sums;
}

/**
 * The problem of a write-ahead log; null if there is none.
 *
 * SQLite takes the first frame with a wrong checksum for the end of the log. That is right after a torn write in a
 * power cut, but silently drops acknowledged commits if the log is damaged in the middle. The two can be told apart:
 * each commit is on disk before the next begins, so after a torn write no complete commit is followed by more of the
 * log.
 */
export async function walProblem(file: string): Promise<string | null> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!handle) return null;
  try {
    for (let before: string | null = null; ; ) {
      const problem = await problemIn(handle);
      // A daemon that is at work may have written between two of our reads: what is damaged stays so.
      if (problem === null || problem === before) return problem;
      before = problem;
    }
  } finally {
    await handle.close();
  }
}

async function problemIn(handle: FileHandle): Promise<string | null> {
  const bytes = await readAt(handle, 0, HEADER);
  if (bytes.every((byte) => byte === 0)) {
    // Begun when the power failed: the header reaches the disk before the first frame is written.
    const next = await readAt(handle, HEADER, FRAME_HEADER);
    return next.every((byte) => byte === 0) ? null : 'the write-ahead log has lost its header';
  }
  const header = readHeader(bytes);
  if (!header) return 'the header of the write-ahead log is damaged';
  const broken = await findBroken(handle, header);
  return broken === null ? null : `the write-ahead log is damaged at byte ${broken}, with commits after it`;
}

function readHeader(bytes: Buffer): WalHeader | null {
  if (bytes.length < HEADER || (bytes.readUInt32BE(0) & ~1) !== MAGIC) return null;
  const littleEndian = bytes.readUInt32BE(0) === MAGIC;
  const sums = addUp([0, 0], bytes.subarray(0, 24), littleEndian);
  if (sums[0] !== bytes.readUInt32BE(24) || sums[1] !== bytes.readUInt32BE(28)) return null;
  return { pageSize: bytes.readUInt32BE(8), salts: bytes.toString('hex', 16, 24), littleEndian, sums };
}

/** The offset of the first broken frame that is not explained by a torn write; null if there is none. */
async function findBroken(handle: FileHandle, header: WalHeader): Promise<number | null> {
  const size = FRAME_HEADER + header.pageSize;
  let { sums } = header;
  let broken: number | null = null;
  let committed = false;
  for (let position = HEADER; ; ) {
    const chunk = await readAt(handle, position, size * CHUNK);
    if (chunk.length < size) return null;
    for (let at = 0; at + size <= chunk.length; at += size, position += size) {
      const frame = chunk.subarray(at, at + size);
      const current = frame.toString('hex', 8, 16) === header.salts;
      if (broken === null) {
        sums = addUp(sums, frame.subarray(0, 8), header.littleEndian);
        sums = addUp(sums, frame.subarray(FRAME_HEADER), header.littleEndian);
        const whole = current && sums[0] === frame.readUInt32BE(16) && sums[1] === frame.readUInt32BE(20);
        if (whole) continue;
        broken = position;
      }
      if (!current) continue;
      if (committed) return broken;
      committed = frame.readUInt32BE(4) !== 0;
    }
  }
}

/** The running checksum of the log over pairs of 32-bit words. */
function addUp([first, second]: Sums, bytes: Buffer, littleEndian: boolean): Sums {
  let a = first;
  let b = second;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    a = (a + view.getUint32(at, littleEndian) + b) >>> 0;
    b = (b + view.getUint32(at + 4, littleEndian) + a) >>> 0;
  }
  return [a, b];
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
