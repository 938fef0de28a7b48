import type { SourceConfig } from '../config/document.ts';
import { names } from '../decode/there.ts';
import { partsOf } from '../detect/canonical.ts';
import { lensOf } from '../detect/lens.ts';
import { isNumeric } from '../lib/decimal.ts';
import { rootsIn } from '../lib/expression.ts';
import { isObject } from '../lib/json.ts';
import type { Json, Reading, SourceRecord } from '../model.ts';

/** Watches for options that decide what is told, and ask for what no record has: then nothing is told, or fails. */
export interface Unseen {
  /** What to tell the operator after a reading; once. */
  after(reading: Reading): string[];
}

type Options = Pick<SourceConfig, 'html' | 'text' | 'only' | 'tolerance' | 'confirm' | 'events'>;

/** What an option asks for. */
interface Asked {
  readonly option: string;
  readonly paths: readonly string[];
}

/** So many records are looked at. */
const MOST = 1000;
/** In fewer records, one of several fields may be missing by chance, or the only one in one: a job has no result before its end. */
const MANY = 10;

export function createUnseen(options: Options): Unseen {
  let isDone = false;
  let finder = options.html ? '`html.rows` selects' : options.text ? '`text.pattern` matches' : null;
  return {
    after(reading) {
      const records = isDone ? [] : allOf(reading).slice(0, MOST);
      const nothing = finder !== null && reading.kind === 'all' && reading.records.length === 0;
      const empty = nothing ? [`${finder} nothing in this answer: make sure that it is right`] : [];
      finder = null;
      if (records.length === 0) return empty;
      isDone = true;
      const partsAt = (path: string) => {
        const lens = lensOf([path]);
        return records.values().flatMap(({ value }) => partsOf(value, lens));
      };
      return [...missing(options, records, partsAt), ...immeasurable(options, partsAt)];
    },
  };
}

type PartsAt = (path: string) => IteratorObject<Json>;

function missing(options: Options, records: readonly SourceRecord[], partsAt: PartsAt): string[] {
  const first = records[0]?.value;
  const has = isObject(first) ? `; the first has ${names(Object.keys(first))}` : '';
  return askedBy(options).flatMap(({ option, paths }) => {
    const gone = paths.filter((path) => !partsAt(path).some(() => true));
    const alone = records.length === 1 && paths.length === 1;
    const proves = records.length >= MANY || (gone.length === paths.length && !alone);
    return gone.length > 0 && proves
      ? [`${option} asks for ${names(gone)}, which no record has: make sure that it is right${has}`]
      : [];
  });
}

/** A decimal comma, or a currency beside it, makes a number a text like others. */
function immeasurable({ tolerance }: Options, partsAt: PartsAt): string[] {
  return tolerance.flatMap(({ path }) => {
    const isText = partsAt(path).some((part) => typeof part === 'string');
    return isText && !partsAt(path).some(isNumeric)
      ? [`\`tolerance\` has no effect on ${names([path])}: what records have there is no number like 4.95`]
      : [];
  });
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

/** None unless the reading shows all that there are. */
function allOf(reading: Reading): readonly SourceRecord[] {
  if (reading.kind === 'all') return reading.records;
  return reading.kind === 'some' && reading.records.length === reading.total ? reading.records : [];
}
