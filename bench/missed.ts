import type { Reasons } from './frame/page.ts';

/** Why a goal is missed, by the name of its row; shown on the page only as long as it is. */
export const MISSED: Reasons = {
  'unchanged-poll':
    'With a body of 1 kB the bare request itself takes 15 to 19 µs here, and all that is around it 5 to 7: the deadline of the poll 0.5, credentials, limits and the judgement of the answer 2, the comparison, the note and the promises between the stages the rest. Without a request in between the same code takes half as long: a processor pays for code that it has not seen since the request before. A body that is known is compared in the pieces in which it came, so that larger ones cost less than to put them together.',
  'not-modified': 'As for the unchanged poll; a request answered 304 is the smallest of all.',
  'whole-poll':
    'A commit to JSON files reads the whole snapshot (4 MB here), verifies its SHA-256, writes it, and computes a SHA-256 again: 2 ms for each checksum where the processor helps, 5 where it does not. Both stay, because what was damaged must not be written again as sound; a cheaper one would save less than is missing, and `sha256sum` could not check a file any more. What the answer needs outside of the heap (7 MB, as it came and put together) makes V8 collect at every third poll. SQLite writes only what changed.',
  deliveries:
    'Each delivery is written durably twice: claimed before it is sent, settled afterwards. One `fdatasync` alone costs about 60 µs of processor time here, twice as much as the bare POST. Deliveries that are under way together share their writes, and one that has ended waits up to a millisecond for others: with 4 at once a write holds three of them, with 64 twenty or more. To claim more than there are slots would share more, but after a crash attempts would be recorded that were never made. What remains with 64: 20 to 40 µs for statements or journal lines, 5 µs for the signature, 5 µs for the line of the log, 2 µs for metrics.',
  latency:
    'Between the change and its webhook JSON files wait for the disk five times (the events and their folder, the snapshot and its folder, the claim), SQLite twice. The tail is that of the disk.',
  backlog:
    'JSON files keep an index of all kept deliveries in memory; what is delivered stays in it until its retention ends, with the places of its attempts, and V8 lets garbage grow with the heap.',
};
