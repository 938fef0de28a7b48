import type { Config, SourceConfig } from '../config/document.ts';
import { inForce } from '../config/print.ts';
import { fingerprint } from '../lib/fingerprint.ts';

/**
 * The configuration `next`, in which every unchanged source, webhook and budget is the same object as in `before`, so
 * that running parts see by identity whether theirs changed. Options that need a restart stay as they were.
 */
export function carryOver(before: Config, next: Config): Config {
  const budgets = kept(before.budgets, next.budgets);
  const sources = [...next.sources.values()].map((source) => {
    const budget = source.budget && (budgets.get(source.budget.name) ?? source.budget);
    return [source.name, { ...source, budget }] as const;
  });
  const { started } = before;
  return {
    ...next,
    ...{ state: before.state, listen: before.listen, budgets },
    started,
    shown: () => inForce(next.shown(), started()),
    sources: kept(before.sources, new Map(sources)),
    webhooks: kept(before.webhooks, next.webhooks),
  };
}

function kept<T>(before: ReadonlyMap<string, T>, next: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map(
    [...next].map(([name, one]) => {
      const old = before.get(name);
      return [name, old !== undefined && fingerprint(old) === fingerprint(one) ? old : one];
    }),
  );
}

/** The differences between a configuration and one that was carried over from it, a line each. */
export function changesBetween(before: Config, after: Config): readonly string[] {
  const settings = { log: 'log', retention: 'retention', alerts: 'alerts', token: 'server.token' } as const;
  return [
    ...Object.entries(settings)
      .filter(([member]) => differs(before, after, member))
      .map(([, option]) => `${option}: changed`),
    ...changesOf('budget', '', before.budgets, after.budgets),
    ...changesOf('source', '; its state is kept', before.sources, after.sources, itsOwn),
    ...changesOf('webhook', '; what it is owed is held', before.webhooks, after.webhooks),
  ];
}

/** A source as written in the file, without resolved references: their changes are listed separately. */
function itsOwn({ events, send_to, budget, schedule, ...source }: SourceConfig): object {
  const inherited = fingerprint(send_to);
  const rules = events.map((rule) => {
    return fingerprint(rule.send_to) === inherited ? { ...rule, send_to: null } : rule;
  });
  const when = 'cron' in schedule ? schedule : { every: schedule };
  return { ...source, ...when, send_to, events: rules, budget: budget?.name };
}

/** The changed options that need a restart. */
export function needsRestart(before: Config, next: Config): readonly string[] {
  const options = { state: 'state', listen: 'server.listen' } as const;
  return Object.entries(options)
    .filter(([member]) => differs(before, next, member))
    .map(([, option]) => option);
}

function changesOf<T extends object>(
  what: string,
  consequence: string,
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  itself: (one: T) => object = (one) => one,
): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const [old, one] = [before.get(name), after.get(name)];
    if (old === one) return [];
    if (!old) return [`${what} ${name}: added`];
    if (!one) return [`${what} ${name}: removed${consequence}`];
    const [was, is] = [itself(old), itself(one)];
    const members = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    const changed = members.filter((member) => differs(was, is, member)).map(optionOf);
    return changed.length === 0 ? [] : [`${what} ${name}: changed ${changed.join(', ')}`];
  });
}

function differs(one: object, other: object, member: string): boolean {
  const [a, b] = [one, other].map((all) => fingerprint([Reflect.get(all, member) ?? null]));
  return a !== b;
}

/** The name of an option in the file. */
function optionOf(member: string): string {
  return { proxies: 'proxy', limits: 'rate' }[member] ?? member;
}
