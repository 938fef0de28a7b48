import type { Config } from '../config/document.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem, type Problem } from '../config/problem.ts';
import { PollhookError } from '../errors.ts';
import { Redactor } from '../lib/redact.ts';
import { counted } from '../lib/units.ts';
import type { Io } from './io.ts';

/**
 * Loads the configuration of a command. Throws CONFIG_… after printing every mistake.
 *
 * @param warn called with every warning; by default it is written to standard error
 */
export function load(
  file: string,
  io: Io,
  warn = (warning: Problem) => io.err(formatProblem({ ...warning, message: `warning: ${warning.message}` })),
): { readonly config: Config; readonly redactor: Redactor; readonly files: readonly string[] } {
  const loaded = loadConfig(file, io.env);
  if (loaded.kind === 'ok') {
    io.hide?.(loaded.secrets);
    for (const warning of loaded.warnings) warn(warning);
    return { config: loaded.config, redactor: new Redactor(loaded.secrets), files: loaded.files };
  }
  for (const problem of loaded.problems) io.err(formatProblem(problem));
  throw new PollhookError(loaded.code, `${file}: ${counted(loaded.problems.length, 'problem')}`);
}
