import { type Around, resolveAccess } from './access-rules.ts';
import type { BudgetConfig, Schedule, SourceConfig } from './document.ts';
import { eventProblems, sendThemselves } from './event-rules.ts';
import { rulesOf } from './events.ts';
import { missing } from './explain.ts';
import { formatProblems } from './format-rules.ts';
import { listProblems } from './list-rules.ts';
import type { Finding } from './problem.ts';
import { budgetProblems, targets } from './references.ts';
import { at, firstAfterMax, headerProblems, type Resolved } from './rules.ts';
import { scheduleProblems } from './schedule-rules.ts';
import { source } from './source.ts';
import { type Place, step } from './tree.ts';
import { type Fields, fields } from './validate.ts';

/** What a source may refer to. Budgets with mistakes of their own are null. */
export interface Known extends Around {
  readonly webhooks: readonly string[];
  readonly budgets: ReadonlyMap<string, BudgetConfig | null>;
}

type Valid = Fields<typeof source.shape>['valid'];

const DEFAULT_INTERVAL = 60_000;

/** Validates a source with its defaults, and checks its options against each other and the rest of the file. */
export function resolveSource(name: string, place: Place, known: Known): Resolved<SourceConfig> {
  const { valid, complete, findings } = fields(source.shape, place);
  if (place.tree?.kind !== 'map') return { config: null, findings, warnings: [] };
  const access = resolveAccess(valid, place, known);
  const receivers = targets(valid.send_to, place, known.webhooks, !sendThemselves(valid, place));
  const all = [
    ...findings,
    ...receivers.findings,
    ...eventProblems(valid, place, known.webhooks),
    ...toleranceProblems(valid, place),
    ...scheduleProblems(valid, place),
    ...recordProblems(valid, place),
    ...formatProblems(valid, place),
    ...listProblems(valid, place),
    ...bodyProblems(valid, place),
    ...access.findings,
    ...budgetProblems(valid.budget, place, [...known.budgets.keys()]),
    ...headerProblems(step(place, 'headers').tree, `${place.path}.headers`),
    ...backoffProblems(valid, place),
  ];
  const warnings = [...access.warnings, ...bodyWarnings(valid, place)];
  if (all.length > 0 || complete === null) return { config: null, findings: all, warnings };
  const { every, cron, timezone, proxy: _, send_to, events, budget, ...rest } = complete;
  const schedule: Schedule = cron === undefined ? scheduleOf(every ?? DEFAULT_INTERVAL) : { cron, timezone };
  const { auth, tls, proxies } = access;
  const shared = budget === undefined ? null : (known.budgets.get(budget) ?? null);
  return {
    config: {
      ...rest,
      name,
      auth,
      tls,
      proxies,
      budget: shared,
      send_to: receivers.names,
      events: rulesOf(events, receivers.names),
      schedule,
    },
    findings: [],
    warnings,
  };
}

function scheduleOf(every: number | { readonly min: number; readonly max: number }): Schedule {
  return typeof every === 'number' ? { every } : every;
}

function recordProblems({ items }: Valid, place: Place): Finding[] {
  const key = step(place, 'key');
  if (items === undefined || key.tree) return [];
  return [missing(key, '`items` needs a `key`: the field that identifies a record, like `key: id`')];
}

/** Mistakes in `tolerance`: an element of an unordered list has no previous value to compare with. */
function toleranceProblems({ tolerance = [], unordered = [] }: Valid, place: Place): Finding[] {
  const under = (path: string, list: string) => {
    const names = path.split('.');
    const above = list.split('.');
    return (
      above.length < names.length &&
      above.every((name, at) => name === '*' || names[at] === '*' || name === names[at])
    );
  };
  return tolerance.flatMap(({ path }) => {
    const list = unordered.find((one) => under(path, one));
    if (list === undefined) return [];
    const there = step(step(place, 'tolerance'), path);
    const message = `the list \`${list}\` is unordered: nothing says which value was which`;
    const hint = `remove this tolerance, or \`${list}\` from \`unordered\``;
    return [{ at: there.at, path: there.path, message, hint }];
  });
}

function bodyProblems(valid: Valid, place: Place): Finding[] {
  const type = step(place, 'content_type');
  const body = step(place, 'body');
  if (!type.tree) return [];
  if (!body.tree) return [at(type, '`content_type` is only for a `body`', 'remove it, or add a `body`')];
  if (valid.content_type === 'form' && typeof valid.body === 'string') {
    return [at(body, 'a form is a map', 'write `name: value` lines, or another `content_type`')];
  }
  return [];
}

function bodyWarnings(valid: Valid, place: Place): Finding[] {
  const body = step(place, 'body');
  if (!body.tree || valid.method !== 'GET') return [];
  return [
    at(
      body,
      `a ${valid.method} request with a body is ignored or refused by many servers`,
      'did you mean `method: POST`?',
    ),
  ];
}

function backoffProblems({ backoff }: Valid, place: Place): Finding[] {
  if (!backoff || backoff.first <= backoff.max) return [];
  return [firstAfterMax(step(place, 'backoff'))];
}
