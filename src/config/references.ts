import { missing } from './explain.ts';
import type { Finding } from './problem.ts';
import { nearest } from './suggest.ts';
import { type Place, step } from './tree.ts';

/**
 * The webhooks that a source sends to: those that it names, or the only one that exists. If there is neither and it
 * is `needed`, that is a mistake.
 */
export function targets(
  sendTo: readonly string[] | undefined,
  place: Place,
  webhooks: readonly string[],
  needed = true,
): { names: readonly string[]; findings: Finding[] } {
  const there = step(place, 'send_to');
  if (there.tree === undefined) {
    const [only] = webhooks;
    if (only !== undefined && webhooks.length === 1) return { names: [only], findings: [] };
    // If there are no webhooks at all, that is reported once, not for each source.
    if (webhooks.length === 0 || !needed) return { names: [], findings: [] };
    const hint = `there are several webhooks, say where to send: \`send_to: ${only}\``;
    return { names: [], findings: [missing(there, hint)] };
  }
  return { names: [...new Set(sendTo)], findings: unknownWebhooks(sendTo ?? [], there, webhooks) };
}

/** Mistakes in the names of webhooks, one or a list. */
export function unknownWebhooks(
  names: readonly string[],
  place: Place,
  webhooks: readonly string[],
): Finding[] {
  return names.flatMap((name, index) => {
    if (webhooks.includes(name)) return [];
    return [unknownName(place.tree?.kind === 'list' ? step(place, index) : place, WEBHOOK, webhooks)];
  });
}

/** Mistakes in the name of credentials. */
export function credentialProblems(auth: unknown, place: Place, names: readonly string[]): Finding[] {
  if (typeof auth !== 'string' || names.includes(auth)) return [];
  return [unknownName(step(place, 'auth'), CREDENTIALS, names)];
}

/** Mistakes in the name of a budget. */
export function budgetProblems(
  budget: string | undefined,
  place: Place,
  names: readonly string[],
): Finding[] {
  if (budget === undefined || names.includes(budget)) return [];
  return [unknownName(step(place, 'budget'), BUDGET, names)];
}

const WEBHOOK = { none: 'there is no webhook', section: 'webhooks' } as const;
const CREDENTIALS = { none: 'there are no credentials', section: 'auth' } as const;
const BUDGET = { none: 'there is no budget', section: 'budgets' } as const;

function unknownName(
  { tree, path, at }: Place,
  { none, section }: typeof WEBHOOK | typeof CREDENTIALS | typeof BUDGET,
  names: readonly string[],
): Finding {
  // Values from variables are not quoted.
  const name = tree?.kind === 'scalar' && tree.shown === undefined ? String(tree.value) : null;
  const message = name === null ? `${none} of this name` : `${none} named \`${name}\``;
  const near = name === null ? undefined : nearest(name, names);
  const all =
    names.length === 0 ? `write it under the top-level \`${section}\`` : `there is ${listed(names)}`;
  return { at: tree?.at ?? at, path, message, hint: near ? `did you mean \`${near}\`?` : all };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => `\`${name}\``);
  return shown.join(', ') + (names.length > 10 ? ' …' : '');
}
