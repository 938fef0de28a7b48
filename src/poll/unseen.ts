import type { SourceConfig } from '../config/document.ts';
import { insteadOf } from '../decode/there.ts';
import { isNothing } from '../detect/canonical.ts';
import { lensOf } from '../detect/lens.ts';
import { rootsIn } from '../lib/expression.ts';
import { parsePath } from '../lib/path.ts';
import type { Reading, SourceRecord } from '../model.ts';

/** Watches for paths that alone decide what is told, and lead to nothing: then nothing is told, and nothing fails. */
export interface Unseen {
  /** What to tell the operator after a reading; once. */
  after(reading: Reading): string[];
}

type Options = Pick<SourceConfig, 'only' | 'confirm' | 'events'>;

interface Asked {
  readonly path: string;
  /** Where it is asked for. */
  readonly option: string;
}

/** So many records are looked at. */
const MOST = 1000;

export function createUnseen({ only = [], confirm, events }: Options): Unseen {
  let asked: readonly Asked[] = [
    ...only.map((path) => ({ path, option: '`only`' })),
    ...(typeof confirm === 'number' ? [] : inExpression('`confirm.when`', confirm.when)),
    ...events.flatMap(({ changed, when, becomes, data }, at) => {
      const of = (part: string) => `\`${part}\` of event rule ${at + 1}`;
      return [
        ...(changed ?? []).map((path) => ({ path, option: of('changed') })),
        ...inExpression(of('when'), when),
        ...inExpression(of('becomes'), becomes),
        ...inExpression(of('data'), data),
      ];
    }),
  ];
  return {
    after(reading) {
      const records = allOf(reading).slice(0, MOST);
      const [first] = records;
      if (!first) return [];
      const lost = asked.filter(({ path }) => {
        const lens = lensOf([path]);
        return records.every(({ value }) => isNothing(value, lens));
      });
      asked = [];
      return lost.map(({ path, option }) => {
        const instead = insteadOf(first.value, parsePath(path), 'the first record');
        return `${option} names "${path}", which no record has; make sure that it is right${instead}`;
      });
    },
  };
}

/** None unless the reading shows all that there are. */
function allOf(reading: Reading): readonly SourceRecord[] {
  if (reading.kind === 'all') return reading.records;
  return reading.kind === 'some' && reading.records.length === reading.total ? reading.records : [];
}

function inExpression(option: string, text: string | null): Asked[] {
  return text === null ? [] : [...rootsIn(text)].map((path) => ({ path, option }));
}
