import { z } from 'zod';
import type { Auth } from '../lib/http/auth/kinds.ts';
import { environmentProxies } from '../lib/http/proxy.ts';
import { PROXY_HINT } from './access.ts';
import { alertTargets } from './alerts.ts';
import { auth } from './auth.ts';
import { resolveBudget } from './budget-rules.ts';
import { type BudgetConfig, type Config, document, type StateLocation } from './document.ts';
import { budgetWarnings, plansOf } from './feasibility.ts';
import { type Environment, listenOf, listenWarnings, stateOf } from './location.ts';
import { moveProblems } from './moves.ts';
import { plainConfig } from './print.ts';
import type { Finding } from './problem.ts';
import type { Resolved } from './rules.ts';
import { namesIn, section } from './section.ts';
import { source } from './source.ts';
import { resolveSource } from './source-rules.ts';
import { entry, type Mapping, type Place, step, type Tree, treeOf, withEntries } from './tree.ts';
import { check, fields } from './validate.ts';
import { webhook } from './webhook.ts';
import { resolveWebhook } from './webhook-rules.ts';

interface Surroundings {
  /** The configuration file, as an absolute path. */
  readonly file: string;
  /** The folder that relative paths refer to. */
  readonly base: string;
  /** Gives the absolute path of a file; called for every file that is read. */
  readonly locate: (path: string) => string;
  readonly env: Environment;
}

export interface ResolvedDocument extends Resolved<Config> {
  /** The effective document: defaults merged in, references and paths resolved. */
  readonly resolved: Tree;
}

/** Sections that are validated entry by entry, so that a mistake in one entry does not hide others. */
const apart = {
  auth: z.unknown(),
  budgets: z.unknown(),
  defaults: z.unknown(),
  sources: z.unknown(),
  webhooks: z.unknown(),
};
const shape = { ...document.shape, ...apart };

/** Turns the tree of a file into the effective configuration. */
export function resolveDocument(tree: Tree, around: Surroundings): ResolvedDocument {
  const place: Place = { tree, path: '', at: 0 };
  const top = fields(shape, place);
  if (tree.kind !== 'map') return { config: null, findings: top.findings, warnings: [], resolved: tree };
  const defaults = readDefaults(step(place, 'defaults'));
  const credentials = readAuth(step(place, 'auth'));
  const proxies = readProxies(around.env);
  const shared = { auth: credentials.known, proxies: proxies.value, locate: around.locate };
  const webhooks = section(place, 'webhooks', defaults.webhook, (name, there) =>
    resolveWebhook(name, there, shared),
  );
  const budgets = readBudgets(step(place, 'budgets'));
  const known = { ...shared, webhooks: webhooks.names, budgets: budgets.known };
  const sources = section(place, 'sources', defaults.source, (name, there) =>
    resolveSource(name, there, known),
  );
  const moves = { findings: moveProblems(sources.names, { ...step(place, 'sources'), tree: sources.tree }) };
  const state = stateOf(top.valid.state, place, around.base, around.env);
  const listen = listenOf(top.valid.server?.listen, place, around.env);
  const alerts = alertTargets(top.valid.alerts, step(place, 'alerts'), webhooks.names);
  const parts = [
    top,
    defaults,
    credentials,
    proxies,
    budgets,
    webhooks,
    sources,
    moves,
    alerts,
    state,
    listen,
  ];
  const findings = parts.flatMap((part) => part.findings);
  const plans = plansOf(sources.configs.values());
  const warnings = [
    ...listenWarnings(listen.value, top.valid.server?.token, place),
    ...webhooks.warnings,
    ...sources.warnings,
    ...budgetWarnings(plans, place),
  ];
  const { log, retention } = top.valid;
  const right = findings.length === 0 && log && retention && state.value && listen.value !== undefined;
  const resolved = withEntries(tree, {
    defaults: undefined,
    state: shownState(tree, state.value),
    server: shownServer(tree, listen.value),
    sources: sources.tree,
    webhooks: webhooks.tree,
  });
  const shown = () => plainConfig(resolved);
  const config: Config | null = right
    ? {
        file: around.file,
        log,
        retention,
        state: state.value,
        listen: listen.value,
        token: top.valid.server?.token ?? null,
        ...{ shown, started: shown },
        budgets: new Map([...budgets.known].flatMap(([name, one]) => (one ? [[name, one]] : []))),
        alerts: alerts.names,
        sources: sources.configs,
        webhooks: webhooks.configs,
      }
    : null;
  return { config, findings, warnings, resolved };
}

interface Defaults {
  readonly source: Tree | undefined;
  readonly webhook: Tree | undefined;
  readonly findings: readonly Finding[];
}

function readDefaults(place: Place): Defaults {
  if (place.tree === undefined) return { source: undefined, webhook: undefined, findings: [] };
  const { cloudevents_source } = webhook.shape;
  const both = fields({ source: z.unknown(), webhook: z.unknown(), cloudevents_source }, place);
  const [forSources, forWebhooks] = [step(place, 'source'), step(place, 'webhook')];
  const findings = [
    ...both.findings,
    ...(forSources.tree ? fields(source.shape, forSources, { partial: true }).findings : []),
    ...(forWebhooks.tree ? fields(webhook.shape, forWebhooks, { partial: true }).findings : []),
  ];
  return { source: forSources.tree, webhook: webhookDefaults(place), findings };
}

/** The defaults of webhooks. `cloudevents_source` may be written beside them; one among them takes precedence. */
function webhookDefaults(place: Place): Tree {
  const own = step(place, 'webhook').tree ?? treeOf({});
  const name = 'cloudevents_source';
  const shared = entry(place.tree, name)?.value;
  return own.kind === 'map' && shared && !entry(own, name) ? withEntries(own, { [name]: shared }) : own;
}

function readAuth(place: Place): { known: Map<string, Auth | null>; findings: Finding[] } {
  const known = new Map<string, Auth | null>();
  if (place.tree === undefined) return { known, findings: [] };
  const { names, findings } = namesIn(place);
  for (const name of names) {
    const checked = check(auth, step(place, name));
    known.set(name, checked.kind === 'ok' ? checked.value : null);
    if (checked.kind === 'invalid') for (const one of checked.findings) findings.push(one);
  }
  return { known, findings };
}

function readBudgets(place: Place): { known: Map<string, BudgetConfig | null>; findings: Finding[] } {
  const known = new Map<string, BudgetConfig | null>();
  if (place.tree === undefined) return { known, findings: [] };
  const { names, findings } = namesIn(place);
  for (const name of names) {
    const resolved = resolveBudget(name, step(place, name));
    known.set(name, resolved.config);
    for (const one of resolved.findings) findings.push(one);
  }
  return { known, findings };
}

function readProxies(env: Environment) {
  const { proxies, mistakes } = environmentProxies(env);
  const findings = mistakes.map(({ variable, mistake }): Finding => {
    return { at: null, path: `$${variable}`, message: mistake, hint: PROXY_HINT };
  });
  return { value: proxies, findings };
}

function shownState(tree: Mapping, state: StateLocation | undefined): Tree | undefined {
  const written = entry(tree, 'state')?.value;
  if (!state || (written?.kind === 'scalar' && written.shown !== undefined)) return written;
  return treeOf(state.kind === 'json' ? state.folder : `sqlite:${state.file}`);
}

function shownServer(tree: Mapping, listen: string | false | undefined): Tree | undefined {
  const written = entry(tree, 'server')?.value;
  if (listen === undefined || entry(written, 'listen')) return written;
  return written?.kind === 'map' ? withEntries(written, { listen: treeOf(listen) }) : treeOf({ listen });
}
