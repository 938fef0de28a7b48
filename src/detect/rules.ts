import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventRule } from '../config/events.ts';
import { messageOf } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import {
  type Condition,
  compileCondition,
  compileProjection,
  type Projection,
  type Scope,
} from '../lib/expression.ts';
import type { Change, ChangeEvent, ChangeKind, Json } from '../model.ts';
import type { NewDelivery } from '../store/contract.ts';
import { deliveryId, eventOf, type Origin } from './events.ts';
import { differingFields } from './fields.ts';
import { createLens, type Lens, type LensOptions, lensOf, narrowed } from './lens.ts';

/** The events that the rules of a source make of the changes of one poll, and their deliveries. */
export interface RuleOutput {
  readonly events: readonly ChangeEvent[];
  readonly deliveries: readonly NewDelivery[];
  /** The rule, from 0, that made each of the events. */
  readonly rules: readonly number[];
  /** Expressions that failed; their events are sent all the same. */
  readonly warnings: readonly string[];
}

/** Applies all rules to each change in turn. Events are numbered on from the source's last one. */
export type Rules = (changes: readonly Change[], origin: Origin) => RuleOutput | Promise<RuleOutput>;

/** Milliseconds for all expressions of one poll together. */
const TIMEOUT = 10_000;

/** Milliseconds after which the event loop gets a turn, since expressions never wait for anything. */
const LONGEST_TURN = 20;

const NOTHING: RuleOutput = { events: [], deliveries: [], rules: [], warnings: [] };

interface Rule {
  readonly index: number;
  readonly type: string | null;
  readonly on: ReadonlySet<ChangeKind>;
  readonly changed: Lens | null;
  readonly when: Condition | null;
  readonly becomes: Condition | null;
  readonly data: Projection | null;
  readonly webhooks: readonly string[];
}

export interface RuleOptions extends LensOptions {
  readonly events: readonly EventRule[];
}

export function createRules(options: RuleOptions, clock: Pick<Clock, 'monotonic'>): Rules {
  const lens = createLens(options);
  const rules = options.events.map((rule, index) => compile(rule, index, lens));

  return (changes, origin) => (changes.length === 0 ? NOTHING : tell(changes, origin));

  async function tell(changes: readonly Change[], origin: Origin): Promise<RuleOutput> {
    const evaluator = createEvaluator(clock.monotonic() + TIMEOUT, clock);
    const events: ChangeEvent[] = [];
    const deliveries: NewDelivery[] = [];
    const madeBy: number[] = [];
    let worked = clock.monotonic();
    for (const change of changes) {
      if (clock.monotonic() - worked > LONGEST_TURN) {
        await nextTurn();
        worked = clock.monotonic();
      }
      const scope = scopeOf(change, origin.source);
      for (const rule of rules) {
        if (!(await wants(rule, change, scope, evaluator))) continue;
        const type = rule.type ?? `${origin.source}.${change.change}`;
        const record = rule.data && (await evaluator.project(rule, rule.data, scope));
        const made = { rule: rule.index, type, ...(record && { record: record.value }) };
        const event = eventOf(change, made, origin.sequence + events.length + 1, origin);
        events.push(event);
        madeBy.push(rule.index);
        for (const webhook of rule.webhooks)
          deliveries.push({ id: deliveryId(event.id, webhook), event: event.id, webhook });
      }
    }
    return { events, deliveries, rules: madeBy, warnings: evaluator.warnings() };
  }
}

function compile(rule: EventRule, index: number, lens: Lens): Rule {
  return {
    index,
    type: rule.type,
    on: new Set(rule.on),
    changed: rule.changed && narrowed(lens, lensOf(rule.changed)),
    when: rule.when === null ? null : compileCondition(rule.when),
    becomes: rule.becomes === null ? null : compileCondition(rule.becomes),
    data: rule.data === null ? null : compileProjection(rule.data),
    webhooks: rule.send_to,
  };
}

/** What expressions see of a change: the record, the last known one if it was deleted, and variables. */
export function scopeOf(change: Change, source: string): Scope {
  const { previous, current, fields } = change;
  const variables = {
    previous,
    change: change.change,
    key: change.key === '' ? null : change.key,
    source,
    changes: fields as unknown as Json,
  };
  return { input: change.change === 'deleted' ? previous : current, variables };
}

async function wants(rule: Rule, change: Change, scope: Scope, evaluator: Evaluator): Promise<boolean> {
  const { on, changed, when, becomes } = rule;
  if (!on.has(change.change)) return false;
  if (changed && !(change.change === 'updated' && hasChanged(change, changed))) return false;
  if (when && (await evaluator.holds(rule, 'when', when, scope)) === false) return false;
  return !becomes || (await isEdge(rule, becomes, change, scope, evaluator));
}

/** Whether the condition was false or there was no record before, and is true now; also if it cannot be evaluated. */
async function isEdge(
  rule: Rule,
  becomes: Condition,
  { change, previous }: Change,
  scope: Scope,
  evaluator: Evaluator,
): Promise<boolean> {
  if (change === 'deleted') return false;
  const now = await evaluator.holds(rule, 'becomes', becomes, scope);
  if (now !== true || change === 'created') return now !== false;
  const before = { input: previous, variables: { ...scope.variables, previous: null } };
  return (await evaluator.holds(rule, 'becomes', becomes, before)) !== true;
}

function hasChanged({ previous, current }: Change, lens: Lens): boolean {
  return differingFields(previous, current, lens).length > 0;
}

/** Evaluates expressions and collects their failures, because a failure must not lose an event. */
function createEvaluator(deadline: number, clock: Pick<Clock, 'monotonic'>) {
  const found = new Map<string, { count: number; readonly reason: string }>();

  async function attempt<T>(
    rule: Rule,
    part: string,
    evaluate: () => T | Promise<T>,
  ): Promise<T | undefined> {
    try {
      if (clock.monotonic() > deadline)
        throw new RangeError(`expressions took more than ${TIMEOUT / 1000} s`);
      return await evaluate();
    } catch (error) {
      const name = `event rule ${rule.index + 1}${rule.type === null ? '' : ` (${rule.type})`}: \`${part}\``;
      const trouble = found.get(name) ?? { count: 0, reason: messageOf(error) };
      trouble.count += 1;
      found.set(name, trouble);
      return undefined;
    }
  }

  return {
    /** Null when it fails. */
    holds: async (rule: Rule, part: string, condition: Condition, scope: Scope) =>
      (await attempt(rule, part, () => condition(scope))) ?? null,
    /** Null when it fails. */
    project: async (rule: Rule, projection: Projection, scope: Scope) =>
      (await attempt(rule, 'data', async () => ({ value: await projection(scope) }))) ?? null,
    warnings: () =>
      [...found].map(
        ([name, { count, reason }]) =>
          `${name} failed ${count === 1 ? 'once' : `${count} times`}, and what it was asked about was sent all the same: ${reason}`,
      ),
  };
}

type Evaluator = ReturnType<typeof createEvaluator>;
