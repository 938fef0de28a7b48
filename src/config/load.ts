import { dirname, resolve } from 'node:path';
import { basicOf } from '../lib/http/auth/credentials.ts';
import { Secret } from '../lib/secret.ts';
import type { Config } from './document.ts';
import { lookupIn } from './interpolate.ts';
import type { Environment } from './location.ts';
import { parse } from './parse.ts';
import { type Finding, ordered, type Problem } from './problem.ts';
import { readText } from './read.ts';
import { resolveDocument } from './resolve.ts';
import type { Tree } from './tree.ts';

/**
 * The result of reading a configuration file. `files`: absolute paths of all files that it consists of, missing ones
 * included.
 */
export type Loaded = { readonly files: readonly string[] } & (
  | {
      readonly kind: 'ok';
      readonly config: Config;
      /** All secrets, and all values from variables or files, for the redactor. */
      readonly secrets: readonly string[];
      readonly warnings: readonly Problem[];
      /** The effective file: references resolved, defaults merged in. */
      readonly resolved: Tree;
    }
  | {
      readonly kind: 'invalid';
      readonly code: 'CONFIG_UNREADABLE' | 'CONFIG_INVALID';
      readonly problems: readonly Problem[];
    }
);

/** Bytes of the file at most; ten thousand sources take 2 MB. */
const LARGEST = 5_000_000;

/** Reads, checks and resolves a configuration file. All mistakes are found at once and given as values. */
export function loadConfig(file: string, env: Environment): Loaded {
  const absolute = resolve(file);
  const base = dirname(absolute);
  const files = new Set([absolute]);
  const locate = (path: string) => {
    const located = resolve(base, path);
    files.add(located);
    return located;
  };
  const read = readText(absolute, LARGEST);
  if (read.kind === 'failed') {
    const message = `the configuration cannot be read: ${read.reason}`;
    const hint = 'check the path given with --config, and its permissions';
    const problem = { file, line: null, column: null, path: '', message, hint };
    return { kind: 'invalid', code: 'CONFIG_UNREADABLE', problems: [problem], files: [...files] };
  }
  const secrets = new Set<string>();
  const lookup = lookupIn(env, locate, (value) => secrets.add(value));
  const { tree, findings, place } = parse(read.text, lookup);
  const placed = (list: readonly Finding[]) =>
    ordered(list).map(({ at, ...rest }): Problem => {
      return { file, ...(at === null ? { line: null, column: null } : place(at)), ...rest };
    });
  const invalid = (list: readonly Finding[]): Loaded => {
    return { kind: 'invalid', code: 'CONFIG_INVALID', problems: placed(list), files: [...files] };
  };
  if (tree === null || isNothing(tree)) return invalid(findings.length > 0 ? findings : [EMPTY]);
  const {
    config,
    resolved,
    warnings,
    findings: more,
  } = resolveDocument(tree, {
    ...{ file: absolute, base, env, locate },
  });
  if (config === null || findings.length > 0) return invalid([...findings, ...more]);
  for (const secret of secretsIn(config)) secrets.add(secret);
  return {
    ...{ kind: 'ok', config, resolved, files: [...files] },
    secrets: [...secrets].filter(Boolean),
    warnings: placed(warnings),
  };
}

function isNothing(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.value === null && !tree.broken;
}

const EMPTY: Finding = {
  at: 0,
  path: '',
  message: 'the file is empty',
  hint: 'write `sources:` (what is polled) and `webhooks:` (where events go)',
};

function* secretsIn(value: unknown): Iterable<string> {
  if (value instanceof Secret) yield value.reveal();
  else if (value instanceof Map || Array.isArray(value))
    for (const one of value.values()) yield* secretsIn(one);
  else if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value)) yield* secretsIn(one);
    // A server may echo the header.
    yield* basicOf(value);
  }
}
