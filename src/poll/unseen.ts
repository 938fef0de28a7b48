import type { SourceConfig } from '../config/document.ts';
import { names } from '../decode/there.ts';
import { isNothing } from '../detect/canonical.ts';
import { lensOf } from '../detect/lens.ts';
import { rootsIn } from '../lib/expression.ts';
import { isObject } from '../lib/json.ts';
import type { Reading, SourceRecord } from '../model.ts';

/** Watches for options that decide what is told, and ask for what no record has: then nothing is told, or fails. */
export interface Unseen {
  /** What to tell the operator after a reading; once. */
  after(reading: Reading): string[];
}

type Options = Pick<SourceConfig, 'only' | 'confirm' | 'events'>;

/** What an option asks for. */
interface Asked {
  readonly option: string;
  readonly paths: readonly string[];
}

/** So many records are looked at. */
const MOST = 1000;
/** In fewer records, one of several fields may be missing by chance: a job has no result before its end. */
const MANY = 10;

export function createUnseen(options: Options): Unseen {
  let asked = askedBy(options).filter(({ paths }) => paths.length > 0);
  return {
    after(reading) {
      const records = allOf(reading).slice(0, MOST);
      const [first] = records;
      if (!first) return [];
      const lost = asked.flatMap(({ option, paths }) => {
        const gone = paths.filter((path) => isUnseen(path, records));
        return gone.length === paths.length || records.length >= MANY ? [{ option, gone }] : [];
      });
      asked = [];
      const has = isObject(first.value) ? `; the first has ${names(Object.keys(first.value))}` : '';
      return lost.flatMap(({ option, gone }) =>
        gone.length === 0
          ? []
          : [`${option} asks for ${names(gone)}, which no record has: make sure that it is right${has}`],
      );
    },
  };
}

function askedBy({ only = [], confirm, events }: Options): Asked[] {
  const inExpression = (option: string, text: string | null) => {
    return { option, paths: text === null ? [] : [...rootsIn(text)] };
  };
  return [
    { option: '`only`', paths: only },
    inExpression('`confirm.when`', typeof confirm === 'number' ? null : confirm.when),
    ...events.flatMap(({ changed, when, becomes }, at) => [
      { option: `\`changed\` of event rule ${at + 1}`, paths: changed ?? [] },
      inExpression(`\`when\` of event rule ${at + 1}`, when),
      inExpression(`\`becomes\` of event rule ${at + 1}`, becomes),
    ]),
  ];
}

function isUnseen(path: string, records: readonly SourceRecord[]): boolean {
  const lens = lensOf([path]);
  return records.every(({ value }) => isNothing(value, lens));
}

/** None unless the reading shows all that there are. */
function allOf(reading: Reading): readonly SourceRecord[] {
  if (reading.kind === 'all') return reading.records;
  return reading.kind === 'some' && reading.records.length === reading.total ? reading.records : [];
}
