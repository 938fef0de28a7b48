import type { SourceConfig } from '../../config/document.ts';
import { names } from '../../decode/describe.ts';
import { partsOf } from '../../detect/canonical.ts';
import { lensOf } from '../../detect/lens.ts';
import { isNumeric } from '../../lib/decimal.ts';
import { rootsIn } from '../../lib/expression.ts';
import { isObject } from '../../lib/json.ts';
import type { Json, Reading, SourceRecord } from '../../model.ts';

/** Notices options that name fields which no record has, so that changes would go unreported or expressions fail. */
export interface MissingFieldsHint {
  /** Warnings after a reading, given once. */
  after(reading: Reading): string[];
}

type Options = Pick<SourceConfig, 'html' | 'text' | 'only' | 'tolerance' | 'confirm' | 'events'>;

/** What an option asks for. */
interface Asked {
  readonly option: string;
  readonly paths: readonly string[];
}

/** Records that are looked at. */
const MOST = 1000;
/** In fewer records a field may be missing by chance: a job, say, has no result before its end. */
const MANY = 10;

export function createMissingFieldsHint(options: Options): MissingFieldsHint {
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

/** Values with a decimal comma or a currency sign are not numbers, so that a tolerance has no effect on them. */
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

/** All records of the source; none if the reading shows only some of them. */
function allOf(reading: Reading): readonly SourceRecord[] {
  if (reading.kind === 'all') return reading.records;
  return reading.kind === 'some' && reading.records.length === reading.total ? reading.records : [];
}
