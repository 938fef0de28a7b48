import { plansOf } from '../config/feasibility.ts';
import { type Loaded, loadConfig } from '../config/load.ts';
import { printConfig } from '../config/print.ts';
import { formatProblem } from '../config/problem.ts';
import { counted } from '../lib/units.ts';
import type { Io } from './io.ts';
import { describePlan, planAsData } from './plan-text.ts';

export interface CheckOptions {
  readonly file: string;
  /** Shows the resolved configuration without secrets. */
  readonly print?: boolean;
  /** One JSON object on standard output instead of text. */
  readonly json?: boolean;
}

/** The command `check`: validates a configuration file and prints all its mistakes. Exit code 0, or 2. */
export function check({ file, print = false, json = false }: CheckOptions, io: Io): 0 | 2 {
  const loaded = loadConfig(file, io.env);
  if (json) io.out(`${JSON.stringify(report(file, loaded, print))}\n`);
  const problems = loaded.kind === 'ok' ? loaded.warnings : loaded.problems;
  const word = loaded.kind === 'ok' ? 'warning: ' : '';
  if (!json)
    for (const problem of problems) io.err(formatProblem({ ...problem, message: word + problem.message }));
  if (loaded.kind === 'invalid') return 2;
  if (json) return 0;
  const { sources, webhooks } = loaded.config;
  if (print) io.out(printConfig(loaded.resolved));
  else {
    io.out(`${file}: ok (${counted(sources.size, 'source')}, ${counted(webhooks.size, 'webhook')})\n`);
    for (const plan of plansOf(sources.values())) io.out(describePlan(plan));
  }
  return 0;
}

function report(file: string, loaded: Loaded, print: boolean): unknown {
  if (loaded.kind === 'invalid') return { file, ok: false, problems: loaded.problems, warnings: [] };
  const { config, warnings, resolved } = loaded;
  const counts = { sources: config.sources.size, webhooks: config.webhooks.size };
  return {
    file,
    ok: true,
    ...counts,
    problems: [],
    warnings,
    budgets: plansOf(config.sources.values()).map(planAsData),
    ...(print ? { config: printConfig(resolved) } : {}),
  };
}
