import type { Config } from '../config/document.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem, type Problem } from '../config/problem.ts';
import { PollhookError } from '../errors.ts';
import { Redactor } from '../lib/redact.ts';
import { counted } from '../lib/units.ts';
import type { Io } from './io.ts';

/**
 * The configuration that a command works on. Throws CONFIG_… after telling every problem.
 *
 * @param warn told of every warning; writes it to standard error by default
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
