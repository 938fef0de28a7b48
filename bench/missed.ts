import type { Reasons } from './frame/page.ts';

/** Why a goal is missed, by the name of its row; shown on the page only as long as it is. */
export const MISSED: Reasons = {
  'unchanged-poll':
    'With a small body the request itself takes some 25 µs, so that each microsecond around it shows: decoding and comparing take 3 to 4 µs, the note of the poll and the clock the rest; for a body of 100 kB its fingerprint takes 8 µs. The figures of this page were taken before formats, rules and budgets joined the poll: since then it costs more, about 1.9 × for a 304 on a busy machine, which a quiet run has yet to confirm.',
  'not-modified': 'As for the unchanged poll; a request answered 304 is the smallest of all.',
  'whole-poll':
    'A commit to JSON files reads the whole snapshot (4 MB here), verifies its SHA-256, writes it, and computes a SHA-256 again: 2 to 5 ms for each checksum, against 7 to 8 ms for `JSON.parse`. Both checksums stay, because what was damaged must not be written again as sound. SQLite writes only what changed.',
  deliveries:
    'Each delivery is written durably twice: claimed before it is sent, settled afterwards. One `fdatasync` alone costs about 60 µs of processor time here, twice as much as the bare POST. Deliveries that are under way together share their writes, but with 4 at once a write holds only one or two of them, with 64 about ten. What remains with 64: 20 to 40 µs for statements or journal lines, 5 µs for the signature, 5 µs for the line of the log, 2 µs for metrics.',
  latency:
    'Between the change and its webhook JSON files wait for the disk five times (the events and their folder, the snapshot and its folder, the claim), SQLite twice. The tail is that of the disk.',
  backlog:
    'JSON files keep an index of all kept deliveries in memory; what is delivered stays in it until its retention ends, with the places of its attempts, and V8 lets garbage grow with the heap.',
};
