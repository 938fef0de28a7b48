import type { Config } from '../config/document.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { PollhookError } from '../errors.ts';
import { Redactor } from '../lib/redact.ts';
import { counted } from '../lib/units.ts';
import type { Io } from './io.ts';

/** The configuration that a command works on. Tells warnings; throws CONFIG_… after telling every problem. */
export function load(
  file: string,
  io: Io,
): { readonly config: Config; readonly redactor: Redactor; readonly files: readonly string[] } {
  const loaded = loadConfig(file, io.env);
  if (loaded.kind === 'ok') {
    io.hide?.(loaded.secrets);
    for (const warning of loaded.warnings) {
      io.err(formatProblem({ ...warning, message: `warning: ${warning.message}` }));
    }
    return { config: loaded.config, redactor: new Redactor(loaded.secrets), files: loaded.files };
  }
  for (const problem of loaded.problems) io.err(formatProblem(problem));
  throw new PollhookError(loaded.code, `${file}: ${counted(loaded.problems.length, 'problem')}`);
}
