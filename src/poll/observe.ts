import type { Baseline, Detected, Detection, Observation } from '../detect/contract.ts';
import type { Detector } from '../detect/detect.ts';
import { type Failure, failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Reading } from '../model.ts';
import type { NoPage } from './page.ts';
import type { Remembered } from './remembered.ts';
import { type Ask, type ReadSnapshot, refused, type Snapshot } from './snapshot.ts';
import { isStable, MOST_READINGS, stabilityAfter } from './stability.ts';

/** What a poll builds on, and asks for. */
export interface Plan extends Pick<Observation, 'state' | 'trusted' | 'verdict'> {
  readonly ask: Ask;
  readonly known: Remembered;
  /** When the last poll began that showed what is stored; null if none did. */
  readonly after: number | null;
}

/** A snapshot and what it means. */
export interface Observed {
  readonly kind: 'observed';
  readonly snapshot: Snapshot;
  /** For the next poll to compare with, if this one is accepted. */
  readonly remembered: Remembered;
  readonly detected: Detected;
  /** When the answer was complete. */
  readonly by: number;
  /** Why what was not shown proves nothing this time; null if it does, or was not asked for. */
  readonly unsettled: string | null;
}

interface Deps {
  readonly read: ReadSnapshot;
  readonly detector: Detector;
  readonly baseline: Baseline;
  readonly clock: Clock;
  /** Whether a later poll builds on what this one did not show. */
  readonly relied: boolean;
}

/**
 * Reads a source until what it shows can be believed, and compares it. A list that never stands still while its pages
 * are read tells what is new and what changed all the same, but nothing of what it does not show; that is no baseline.
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

/** Compares all records, where it is not enough or not trusted to compare those that differ. */
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
