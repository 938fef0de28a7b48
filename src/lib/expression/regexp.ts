import { createContext, Script } from 'node:vm';

/** Milliseconds that one search may take; it blocks the event loop. */
const TIMEOUT = 100;

/** Steps: a search with at most this many ends by itself within a millisecond or two. */
const HARMLESS = 1_000_000;

let room: { readonly script: Script; readonly global: { pattern: RegExp | null; text: string } } | null =
  null;

/**
 * A regular expression with bounded search time, since backtracking may take for ever and cannot be stopped from
 * outside. A search that may take long is run where it can be interrupted (node:vm), which costs some tenths of a
 * millisecond; all others run directly. Implements JSONata's `RegexEngine`.
 *
 * `exec` throws a RangeError when it takes too long.
 */
export class BoundedRegExp {
  readonly #pattern: RegExp;
  readonly #choices: number | null;

  constructor(pattern: RegExp) {
    this.#pattern = new RegExp(pattern);
    this.#choices = choicesOf(pattern.source);
  }

  get lastIndex(): number {
    return this.#pattern.lastIndex;
  }

  set lastIndex(at: number) {
    this.#pattern.lastIndex = at;
  }

  exec(text: string): RegExpExecArray | null {
    const harmless = this.#choices !== null && (text.length + 1) ** (this.#choices + 1) <= HARMLESS;
    return harmless ? this.#pattern.exec(text) : interruptible(this.#pattern, text);
  }
}

/**
 * Number of unbounded repetitions in a pattern: on n characters a search takes about n to that power steps from each
 * start. Null for repeated groups, back references and lookarounds, which may take exponential time.
 */
export function choicesOf(source: string): number | null {
  const atoms = source.replace(/\\[^k\d]/g, 'x').replace(/\[[^\]]*\]/g, 'x');
  if (/\)[*+?{]|\\|\(\?[=!<]/.test(atoms)) return null;
  // The `?` of `(?:` is not a repetition.
  return atoms.replace(/\(\?:?/g, '(').match(/[*+?{]/g)?.length ?? 0;
}

function interruptible(pattern: RegExp, text: string): RegExpExecArray | null {
  if (room === null) {
    const global = { pattern: null, text: '' };
    createContext(global);
    room = { script: new Script('pattern.exec(text)'), global };
  }
  const { script, global } = room;
  global.pattern = pattern;
  global.text = text;
  try {
    return script.runInContext(global, { timeout: TIMEOUT }) as RegExpExecArray | null;
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new RangeError(`a regular expression searched for more than ${TIMEOUT} ms`, { cause: error });
  } finally {
    global.pattern = null;
    global.text = '';
  }
}
