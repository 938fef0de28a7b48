import { statSync } from 'node:fs';
import { readText } from './read.ts';

/** Where `${…}` is looked up. */
export interface Lookup {
  variable(name: string): string | undefined;
  file(path: string): string | { readonly reason: string };
  /** Called with every value from a variable or file, which must never be shown. */
  secret(value: string): void;
}

/** An interpolated text; `shown` is what may be displayed instead, null if nothing came from a variable or file. */
export type Interpolated =
  | { readonly kind: 'ok'; readonly text: string; readonly shown: string | null; readonly whole: boolean }
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string };

const PART = /\$\$\{|\$\{([^{}]*)(\}?)/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;
const HOW = `write \${NAME}, \${NAME:-default} or \${file:/path}; a literal \${ is written $\${`;
/** Bytes: secrets are short, a larger file is the wrong one. */
const LARGEST_FILE = 1_000_000;

/** Replaces `${NAME}`, `${NAME:-default}` (as in a shell: also when empty), `${file:PATH}`; `$${` is a literal `${`. */
export function interpolate(text: string, lookup: Lookup): Interpolated {
  let result = '';
  let shown = '';
  let tainted = false;
  let end = 0;
  for (const match of text.matchAll(PART)) {
    const [whole, inner, close] = match;
    const before = text.slice(end, match.index);
    end = match.index + whole.length;
    if (inner === undefined) {
      result += `${before}\${`;
      shown += `${before}\${`;
      continue;
    }
    if (close === '') return { kind: 'failed', message: 'a ${ is not closed', hint: HOW };
    const part = replacement(inner, lookup);
    if (part.kind === 'failed') return part;
    result += before + part.text;
    shown += before + (part.label === null ? part.text : `[from ${part.label}]`);
    tainted ||= part.label !== null;
  }
  const only = /^\$\{[^{}]*\}$/.test(text);
  return {
    kind: 'ok',
    text: result + text.slice(end),
    shown: tainted ? shown + text.slice(end) : null,
    whole: only,
  };
}

type Replacement =
  | { readonly kind: 'ok'; readonly text: string; readonly label: string | null }
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string };

function replacement(inner: string, lookup: Lookup): Replacement {
  if (inner.startsWith('file:')) return fileContents(inner.slice('file:'.length), lookup);
  const [, name, fallback] = VARIABLE.exec(inner) ?? [];
  if (name === undefined) return { kind: 'failed', message: `this \${…} is not understood`, hint: HOW };
  const value = lookup.variable(name);
  if (fallback !== undefined && !value) return { kind: 'ok', text: fallback, label: null };
  if (value === undefined) {
    const hint = `set ${name} in the environment, or give a default: \${${name}:-default}`;
    return { kind: 'failed', message: `the variable ${name} is not set`, hint };
  }
  lookup.secret(value);
  return { kind: 'ok', text: value, label: `\${${name}}` };
}

function fileContents(path: string, lookup: Lookup): Replacement {
  const contents = lookup.file(path);
  if (typeof contents !== 'string') {
    const message = `the file ${path || 'without a name'} cannot be read: ${contents.reason}`;
    return { kind: 'failed', message, hint: 'check the path and its permissions' };
  }
  const text = contents.replace(/\r?\n$/, '');
  lookup.secret(text);
  return { kind: 'ok', text, label: `\${file:${path}}` };
}

function contentsOf(path: string): string | { readonly reason: string } {
  // Opening a pipe would wait for its writer.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) return { reason: 'it is not a file' };
  const read = readText(path, LARGEST_FILE);
  return read.kind === 'ok' ? read.text : { reason: read.reason };
}

/**
 * Looks up environment variables, and files by their located path. Each file is read once, so that all its uses
 * agree.
 */
export function lookupIn(
  env: Readonly<Record<string, string | undefined>>,
  locate: (path: string) => string,
  secret: (value: string) => void,
): Lookup {
  const files = new Map<string, string | { readonly reason: string }>();
  return {
    // Not env[name]: every object has a `toString` and a `constructor`.
    variable: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    file(path) {
      let contents = files.get(path);
      if (contents === undefined) {
        contents = contentsOf(locate(path));
        files.set(path, contents);
      }
      return contents;
    },
    secret,
  };
}
