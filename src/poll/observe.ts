import type { Baseline, Detected, Detection, Observation } from '../detect/contract.ts';
import type { Detector } from '../detect/detect.ts';
import { type Failure, failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Reading } from '../model.ts';
import type { NoPage } from './page.ts';
import type { Remembered } from './remembered.ts';
import { type Ask, type ReadSnapshot, refused, type Snapshot } from './snapshot.ts';
import { isStable, MOST_READINGS, stabilityAfter } from './stability.ts';

/** What a poll asks for, and what it is compared with. */
export interface Plan extends Pick<Observation, 'state' | 'trusted' | 'verdict'> {
  readonly ask: Ask;
  readonly known: Remembered;
  /** When the last poll began that showed the stored snapshot; null if none did. */
  readonly after: number | null;
}

/** A snapshot and how it differs from the stored one. */
export interface Observed {
  readonly kind: 'observed';
  readonly snapshot: Snapshot;
  /** For the next poll to compare with, if this one is accepted. */
  readonly remembered: Remembered;
  readonly detected: Detected;
  /** When the answer was complete, Unix milliseconds. */
  readonly by: number;
  /** Why records that were not shown may still exist; null if they are gone, or were not asked for. */
  readonly unsettled: string | null;
}

interface Deps {
  readonly read: ReadSnapshot;
  readonly detector: Detector;
  readonly baseline: Baseline;
  readonly clock: Clock;
  /** Whether later polls depend on this one having shown everything that it asked for. */
  readonly relied: boolean;
}

/**
 * Reads a source until the reading is consistent, and compares it with the stored snapshot. From a list that keeps
 * moving while its pages are read, additions and updates are taken, but no deletions; it cannot become a baseline.
 */
export function createObserver({ read, detector, baseline, clock, relied }: Deps) {
  return async ({ ask, known, after, ...plan }: Plan, signal: AbortSignal): Promise<Observed | NoPage> => {
    let stability = ask.complete ? known.stability : null;
    for (let readings = 1; ; readings += 1) {
      const snapshot = await read(ask, known, signal);
      if (snapshot.kind === 'failed') return snapshot;
      const window = { after, by: clock.now() };
      const { document } = snapshot;
      const compare = (reading: Reading) => detector.detect({ ...plan, reading, document, window }, baseline);
      const seen = ask.complete ? await compare(snapshot.reading) : UNSURE;
      const detected = seen.kind === 'detected' ? seen : await comparedWhole(snapshot, ask.complete, compare);
      if ('code' in detected) return refused(snapshot, detected);

      const { moved, contradiction, layout } = snapshot;
      const decides = detected.basis !== 'stored' || detected.removes.length > 0 || contradiction !== null;
      stability = stabilityAfter(stability, layout);
      const remembered = { pages: snapshot.pages, stability, size: snapshot.size };
      const observed = { kind: 'observed', snapshot, remembered, detected, by: window.by } as const;
      if (isStable(stability, { relied: relied || decides, moved })) {
        return contradiction ? refused(snapshot, contradiction) : { ...observed, unsettled: null };
      }
      if (readings === MOST_READINGS) {
        const why = moved?.reason ?? contradiction?.message ?? 'a page shows other records each time';
        const unsettled = `the list changed while its pages were read, ${readings} times in a row: ${why}`;
        if (detected.basis !== 'stored') return refused(snapshot, failure('FETCH_MOVING', unsettled));
        const part = await comparedWhole(snapshot, false, compare);
        return 'code' in part ? refused(snapshot, part) : { ...observed, detected: part, unsettled };
      }
    }
  };
}

const UNSURE: Detection = { kind: 'unsure' };

/** Compares all records, where comparing only those that differ is not possible or not safe. */
async function comparedWhole(
  snapshot: Snapshot,
  complete: boolean,
  compare: (reading: Reading) => ReturnType<Detector['detect']>,
): Promise<Detected | Failure> {
  const records = await snapshot.records();
  if ('code' in records) return records;
  const detected = await compare({ kind: complete ? 'all' : 'part', records });
  if (detected.kind === 'detected') return detected;
  throw new Error('a part of the records was compared without a snapshot');
}
