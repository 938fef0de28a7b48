import type { Reasons } from './frame/page.ts';

/** Why a goal is missed, by the name of its row; shown on the page only as long as it is. */
export const MISSED: Reasons = {
  'unchanged-poll':
    'With a small body the request itself takes some 25 µs, so that each microsecond around it shows: decoding and comparing take 3 to 4 µs, and for a body of 100 kB its fingerprint 8 µs. SQLite is asked twice at each poll, for the state of the source (6 µs) and for the values of no records at all (4 µs); JSON files are read and verified for the same empty question whenever the garbage collector has taken what was read before.',
  'not-modified': 'As for the unchanged poll; a request answered 304 is the smallest of all.',
  'whole-poll':
    'A commit to JSON files reads the whole snapshot (4 MB here), verifies its SHA-256, writes it, and computes a SHA-256 again: 2 to 5 ms for each checksum, against 7 to 8 ms for `JSON.parse`. Buffers of this size, five of them in each poll, also make V8 collect all garbage at nearly every poll, which takes as long as all the rest. SQLite writes only what changed.',
  deliveries:
    'Each delivery is written durably twice: claimed before it is sent, settled afterwards. One `fdatasync` alone costs about 60 µs of processor time here, twice as much as the bare POST. Deliveries that are under way together share their writes, but with 4 at once a write holds only one or two of them, with 64 about ten. What remains with 64: 20 to 40 µs for statements or journal lines, 5 µs for the signature, 5 µs for the line of the log, 2 µs for metrics.',
  latency:
    'Between the change and its webhook JSON files wait for the disk five times (the events and their folder, the snapshot and its folder, the claim), SQLite twice. The tail is that of the disk.',
  backlog:
    'JSON files keep an index of all kept deliveries in memory; what is delivered stays in it until its retention ends, with the places of its attempts, and V8 lets garbage grow with the heap.',
};
