import type { Incremental } from './incremental.ts';
import type { Inject, Pagination } from './paginate.ts';
import type { Finding } from './problem.ts';
import { at } from './rules.ts';
import { type Place, step } from './tree.ts';
import { headerName } from './values.ts';

interface Valid {
  readonly paginate?: Pagination | undefined;
  readonly incremental?: Incremental | undefined;
  readonly format?: string | undefined;
  readonly body?: unknown;
}

const RECORDS = 'say where the records are and what identifies one: `items: …` and `key: id`';

/** Formats whose documents are nothing but a list, so that options which look beside the list cannot work. */
const LISTS = new Set(['ndjson', 'csv', 'html', 'text']);
const WITHIN = [
  ['paginate', 'path'],
  ['paginate', 'pages'],
  ['paginate', 'total'],
  ['expect', 'total'],
] as const;

/** Mistakes in combining `paginate`, `incremental` and `expect` with other options of a source. */
export function listProblems(valid: Valid, place: Place): Finding[] {
  const findings: Finding[] = [];
  const isList = step(place, 'items').tree !== undefined || step(place, 'key').tree !== undefined;
  const places = [step(place, 'paginate'), step(place, 'incremental')];
  const counts = ['min_items', 'total'].map((name) => step(step(place, 'expect'), name));
  for (const there of isList ? [] : [...places, ...counts]) {
    if (there.tree) findings.push(at(there, 'this needs a list of records', RECORDS));
  }
  for (const [owner, name] of valid.format && LISTS.has(valid.format) ? WITHIN : []) {
    const there = step(step(place, owner), name);
    const isPath = there.tree?.kind === 'scalar' && typeof there.tree.value === 'string';
    if (isPath) findings.push(at(there, `${valid.format} is a list, with nothing beside it`, 'remove it'));
  }
  const used = new Set<string>();
  for (const { inject, name, value, owner } of parametersOf(valid, place)) {
    const there = step(owner, name);
    const problem =
      parameterProblem(inject, value, valid.body) ?? (used.has(`${inject} ${value}`) ? TWICE : null);
    if (problem) findings.push(at(there.tree ? there : owner, problem.message, problem.hint));
    used.add(`${inject} ${value}`);
  }
  return findings;
}

interface Parameter {
  readonly inject: Inject;
  /** The option with its name, and the map that holds the option. */
  readonly name: string;
  readonly owner: Place;
  readonly value: string;
}

function parametersOf({ paginate, incremental }: Valid, place: Place): Parameter[] {
  const owners = [
    { options: paginate, owner: step(place, 'paginate') },
    { options: incremental, owner: step(place, 'incremental') },
  ];
  return owners.flatMap(({ options, owner }) => {
    if (!options || !('inject' in options)) return [];
    const { inject } = options;
    const named = Object.entries(options).filter(([name]) => /^(?:param|size_param|limit_param)$/.test(name));
    return named.flatMap(([name, value]) =>
      value === undefined ? [] : [{ inject, name, owner, value: String(value) }],
    );
  });
}

const TWICE = {
  message: 'this parameter has two meanings',
  hint: 'write the name that the server knows it by',
};

function parameterProblem(inject: Inject, value: string, body: unknown) {
  if (inject === 'header' && !headerName.safeParse(value).success)
    return { message: 'this is not the name of a header', hint: 'write a header name, or another `inject`' };
  if (inject === 'body' && typeof body === 'string')
    return {
      message: 'a text has no room for a parameter',
      hint: 'write `body` as a map: `name: value` lines',
    };
  return null;
}
