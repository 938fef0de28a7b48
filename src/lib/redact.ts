import { isDeepStrictEqual } from 'node:util';
import { reveal, type Secret } from './secret.ts';

/**
 * Characters: shorter values would also hide ordinary words and numbers; `check --print` hides those by their
 * position instead.
 */
const SHORTEST = 6;

/** Replaces secret values in text that leaves the process. */
export class Redactor {
  #values: string[] = [];
  /** The same by their first {@link SHORTEST} characters. */
  #beginning = new Map<string, string[]>();
  /** Secrets of the configuration, and of the previous one. */
  #written: Generations = [];
  /** Secrets from servers: for each owner the current ones and those before. */
  readonly #given = new Map<string, Generations>();

  constructor(values: Iterable<string | Secret> = []) {
    this.replace(values);
  }

  /**
   * Takes over a new set of secrets, as after a reload. Those before may still be under way, and go with the next.
   * Text is also searched for their escaped forms.
   */
  replace(values: Iterable<string | Secret>): void {
    this.#written = followed([...values].map(reveal), this.#written);
    this.#gather();
  }

  /**
   * Also hides secrets that a server gave `owner`. The previous ones may still be in use, and are forgotten with the
   * next ones.
   */
  hide(owner: string, values: readonly string[]): void {
    this.#given.set(owner, followed(values, this.#given.get(owner)));
    this.#gather();
  }

  /** Forgets the secrets of an owner that is gone. */
  forget(owner: string): void {
    if (this.#given.delete(owner)) this.#gather();
  }

  #gather(): void {
    const all = new Set<string>();
    for (const text of [this.#written, [...this.#given.values()]].flat(3)) {
      // The part of a signing secret after its prefix is the key itself.
      for (const one of new Set([text, text.replace(/^wh(?:sec|sk)_/, '')])) {
        if (one.length < SHORTEST) continue;
        for (const form of spellings(one)) all.add(form);
      }
    }
    this.#values = [...all].sort(longestFirst);
    this.#beginning = Map.groupBy(this.#values, (value) => value.slice(0, SHORTEST));
  }

  redact(text: string): string {
    let clean = text;
    for (const value of this.#suspects(text)) clean = clean.replaceAll(value, '[secret]');
    return clean;
  }

  /**
   * The values to look for: with a thousand webhooks that costs more than the attempt that a line of the log tells
   * of.
   */
  #suspects(text: string): readonly string[] {
    if (this.#values.length <= text.length) return this.#values;
    const found = new Set<string>();
    for (let at = 0; at + SHORTEST <= text.length; at += 1) {
      for (const value of this.#beginning.get(text.slice(at, at + SHORTEST)) ?? []) found.add(value);
    }
    return [...found].sort(longestFirst);
  }
}

/** The current values, and those before. */
type Generations = readonly (readonly string[])[];

/** Adds a generation, unless its values are the current ones. */
function followed(values: readonly string[], generations: Generations = []): Generations {
  const [now = []] = generations;
  return isDeepStrictEqual(values, now) ? generations : [values, now];
}

/** Orders secrets, since one may be part of another. */
function longestFirst(a: string, b: string): number {
  return b.length - a.length || (a < b ? -1 : 1);
}

/** How servers echo a value: as it is, in JSON (PHP escapes slashes, too), in a query or form, in HTML. */
function spellings(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const query = encodeURIComponent(text);
  const html = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return [text, json, json.replaceAll('/', '\\/'), query, query.replaceAll('%20', '+'), html];
}
