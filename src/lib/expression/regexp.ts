import { createContext, Script } from 'node:vm';

/** What one search may take, milliseconds. The event loop waits meanwhile. */
const TIMEOUT = 100;

/** A search of so many steps at most ends by itself within a millisecond or two. */
const HARMLESS = 1_000_000;

let room: { readonly script: Script; readonly global: { pattern: RegExp | null; text: string } } | null =
  null;

/**
 * A regular expression whose search ends: backtracking may take time without end, and nothing that runs beside it could
 * stop it. What may take long is run where it can be interrupted (node:vm), which costs some tenths of a millisecond;
 * the rest is run as it is. Has what JSONata asks of its `RegexEngine`.
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
 * Of how many places of a pattern the number of repetitions is open: with n characters a search takes about n to that
 * power, once for each character where it may begin. Null: repeated groups, back references and lookarounds may take
 * more, exponentially.
 */
export function choicesOf(source: string): number | null {
  const atoms = source.replace(/\\[^k\d]/g, 'x').replace(/\[[^\]]*\]/g, 'x');
  if (/\)[*+?{]|\\|\(\?[=!<]/.test(atoms)) return null;
  // What is left of `(?:` after its parenthesis is no repetition.
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
