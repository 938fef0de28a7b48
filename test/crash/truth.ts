import { isDeepStrictEqual } from 'node:util';
import type { Told } from './deliveries.ts';
import type { Answer, Value } from './legacy.ts';

/** What really happened at the source. */
export interface Truth {
  /** Key → revision of the first snapshot, and of now. */
  readonly baseline: ReadonlyMap<string, number>;
  readonly records: ReadonlyMap<string, number>;
  readonly values: ReadonlyMap<number, Value>;
  readonly answers: readonly Answer[];
}

/** Polls in a row that must miss a record before it is told as deleted: the default of `deletes.confirm`. */
const CONFIRM = 2;

/** What the events tell that did not happen, and what happened that they do not tell, in words. */
export function untruths(told: readonly Told[], truth: Truth): string[] {
  const keys = new Set(truth.answers.flatMap(({ records }) => [...records.keys()]));
  const byKey = Map.groupBy(told, ({ key }) => key);
  const unknown = [...byKey.keys()].filter((key) => !keys.has(key));
  return [
    ...unknown.map((key) => `${key}: there is no such record`),
    ...[...keys].flatMap((key) => {
      const events = byKey.get(key) ?? [];
      const faults = [
        ...chainFaults(key, events, truth),
        ...falsehoods(key, events, truth),
        ...silences(key, events, truth),
      ];
      return faults.map((fault) => `${key}: ${fault}`);
    }),
  ];
}

/** Each event begins where the one before ended, the first at the baseline, and the last ends at what is there now. */
function chainFaults(key: string, events: readonly Told[], { baseline, records, values }: Truth): string[] {
  const faults: string[] = [];
  const valueAt = (revision: number | undefined) => (revision && values.get(revision)) || null;
  let last = valueAt(baseline.get(key));
  for (const { sequence, change, previous, current } of events) {
    if (!isDeepStrictEqual(previous, last)) {
      faults.push(`event ${sequence} begins at ${show(previous)}, the one before ended at ${show(last)}`);
    }
    const kind = previous === null ? 'created' : current === null ? 'deleted' : 'updated';
    if (change !== kind) faults.push(`event ${sequence} is called ${change} and is ${kind}`);
    last = current;
  }
  const now = valueAt(records.get(key));
  if (!isDeepStrictEqual(last, now))
    faults.push(`the last event ends at ${show(last)}, the record is ${show(now)}`);
  return faults;
}

/** What was told must have been shown, in that order; a deletion, by as many answers as confirm it. */
function falsehoods(key: string, events: readonly Told[], { answers, values }: Truth): string[] {
  const faults: string[] = [];
  let at = 0;
  for (const { sequence, current } of events) {
    for (let shown = 0; shown < (current ? 1 : CONFIRM); at += 1) {
      const answer = answers[at];
      if (!answer) {
        faults.push(
          `event ${sequence} tells ${show(current)}, which was not shown, or before what it follows`,
        );
        return faults;
      }
      if (answer.records.get(key) === current?.revision) shown += 1;
    }
    if (current && !isDeepStrictEqual(current, values.get(current.revision))) {
      faults.push(`event ${sequence} tells ${show(current)}, which never was`);
    }
  }
  return faults;
}

/** What was shown to a poll that is known to have been stored must have been told. */
function silences(key: string, events: readonly Told[], { baseline, answers }: Truth): string[] {
  const known = new Set(events.map(({ current }) => current?.revision));
  known.add(baseline.get(key));
  const faults: string[] = [];
  let last: number | undefined;
  let absent = 0;
  for (const { records, revision, acknowledged } of answers) {
    const shown = records.get(key);
    if (shown !== undefined) absent = 0;
    else if (acknowledged) absent += 1;
    if (!acknowledged) continue;
    if (shown !== undefined && !known.has(shown)) faults.push(`revision ${shown} was shown and not told`);
    if (shown === undefined && absent === CONFIRM && last !== undefined) {
      const from = last;
      const isTold = events.some(
        ({ current, previous }) =>
          current === null && previous && from <= previous.revision && previous.revision <= revision,
      );
      if (!isTold) faults.push(`its deletion after revision ${from} was shown and not told`);
    }
    last = shown ?? last;
  }
  return faults;
}

function show(value: Value | null): string {
  return value ? `revision ${value.revision}` : 'nothing';
}
