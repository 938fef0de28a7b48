import type { SourceConfig } from '../config/document.ts';
import type { Ending, Json, SourceRecord, SourceState, Window } from '../model.ts';
import { canonical } from './canonical.ts';
import { created, stored } from './change.ts';
import { compare, UNCHANGED } from './compare.ts';
import { type ComparisonOptions, comparisonOf } from './comparison.ts';
import { createConfirmation } from './confirmation.ts';
import type { Baseline, Basis, Detected, Detection, Doubt, Observation, Verdict } from './contract.ts';
import { createLens, type Lens } from './lens.ts';
import { createUntil, type Until, type UntilOptions } from './until.ts';

export type DetectOptions = ComparisonOptions &
  UntilOptions &
  Pick<SourceConfig, 'initial' | 'deletes' | 'confirm'>;

export interface Detector {
  /** Fingerprint of the options that decide what a change is. */
  readonly comparison: string;
  /** Whether the compared parts of two values are equal. */
  equal(a: Json, b: Json): boolean;
  detect(observation: Observation, baseline: Baseline): Promise<Detection>;
}

/** Compares answers of a source with its stored snapshot. */
export function createDetector(options: DetectOptions): Detector {
  const lens = createLens(options);
  const comparison = comparisonOf(options);
  const confirm = createConfirmation(options.confirm);
  const until = createUntil(options);

  async function detect(observation: Observation, baseline: Baseline): Promise<Detection> {
    const { state, reading } = observation;
    // `until` is evaluated on the whole answer.
    if (until && reading.kind === 'some') return { kind: 'unsure' };
    const end = until ? await endOf(until, observation) : NEVER;
    const found =
      state?.comparison === comparison
        ? await compare(options.deletes, lens, confirm, observation, baseline)
        : await startOver(observation, end.met);
    return found ? ended(found, state, end) : { kind: 'unsure' };
  }

  /** A new baseline; null if the reading does not have all records. */
  async function startOver({ reading, state, window, verdict }: Observation, isOver: boolean) {
    if (reading.kind !== 'all') return null;
    const emptied = reading.records.length === 0 && state !== null && state.records > 0;
    const allowed = options.deletes !== false && options.deletes.allow_empty;
    const doubt = emptied && !allowed ? waitFor(state, verdict) : null;
    if (doubt && state) return waiting(state, doubt);
    // A job that has finished before its first poll would never be reported.
    const isDocument = reading.records.length === 1 && reading.records[0]?.key === '';
    const emit = options.initial === 'emit' || (isOver && isDocument);
    return begin(lens, reading.records, window, basisOf(state), emit);
  }

  /** Adds the result of `until`: the source has finished once nothing is left to report. */
  function ended(found: Omit<Detected, 'ending'>, state: SourceState | null, end: End): Detected {
    const before = state?.ending ?? null;
    const waits =
      found.doubt !== null ||
      Object.keys(found.unconfirmed).length > 0 ||
      (options.deletes !== false && Object.keys(found.absent).length > 0);
    const since = before?.job === until?.job ? (before?.finished ?? null) : null;
    const ending: Ending | null =
      until && end.met ? { job: until.job, finished: waits ? null : (since ?? end.at) } : null;
    const differs = found.differs || ending?.job !== before?.job || ending?.finished !== before?.finished;
    return { ...found, ending, differs, warnings: [...end.warnings, ...found.warnings] };
  }

  return { comparison, equal: (a, b) => canonical(a, lens) === canonical(b, lens), detect };
}

/** Why there is a new baseline. After a reset `comparison` is empty. */
function basisOf(state: SourceState | null): Basis {
  if (state === null) return 'first';
  return state.comparison === '' ? 'reset' : 'rebaselined';
}

interface End {
  readonly met: boolean;
  readonly at: number;
  readonly warnings: readonly string[];
}

/** For a source without `until`. */
const NEVER: End = { met: false, at: 0, warnings: [] };

/** Evaluates `until`; if nothing was read, the previous result holds. */
async function endOf(until: Until, { reading, document, state, window }: Observation): Promise<End> {
  const at = window.by;
  if (reading.kind === 'same' || document === null)
    return { met: state?.ending?.job === until.job, at, warnings: [] };
  const records = 'records' in reading ? reading.records.map(({ value }) => value) : [];
  return { at, ...(await until.holds(await document(), records)) };
}

/**
 * The doubt about an empty answer that would become the baseline: every record that came back would be reported as
 * created.
 */
function waitFor({ records, shown }: SourceState, verdict: Verdict | null): Doubt | null {
  const isMeant = verdict !== null && shown <= verdict.wave;
  if (isMeant && verdict.answer === 'approve') return null;
  const reason = `the list is empty, and had ${records}; what is compared has changed, and waits for records`;
  return { missing: records, of: records, reason, examples: [], wave: shown, rejected: isMeant };
}

function waiting({ absent, unconfirmed = {} }: SourceState, doubt: Doubt): Omit<Detected, 'ending'> {
  return { ...UNCHANGED, absent, unconfirmed, doubt, records: 0 };
}

function begin(
  lens: Lens,
  records: readonly SourceRecord[],
  window: Window,
  basis: Basis,
  emit: boolean,
): Omit<Detected, 'ending'> {
  return {
    ...UNCHANGED,
    basis,
    changes: emit && basis === 'first' ? records.map((record) => created(record, window)) : [],
    upserts: records.map((record) => stored(record, lens)),
    differs: true,
    records: records.length,
  };
}
