import type { Finding } from './problem.ts';
import { entry, type Place, step, type Tree } from './tree.ts';

/** The result of resolving a source, a webhook or the whole file. */
export interface Resolved<T> {
  /** Null if there is a mistake. */
  readonly config: T | null;
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** `first` is longer than `max`, reported at whichever of them is written. */
export function firstAfterMax(place: Place): Finding {
  const first = step(place, 'first');
  const written = first.tree ? first : step(place, 'max');
  return at(written, '`first` is longer than `max`', 'write a shorter `first` or a longer `max`');
}

/** Mistakes in a map of headers: names that differ only in case are the same header. */
export function headerProblems(tree: Tree | undefined, path: string): Finding[] {
  if (tree?.kind !== 'map') return [];
  const seen = new Set<string>();
  return [...tree.entries.keys()].flatMap((name) => {
    if (!seen.has(name.toLowerCase())) {
      seen.add(name.toLowerCase());
      return [];
    }
    const place = entry(tree, name)?.at ?? tree.at;
    return [
      { at: place, path: `${path}.${name}`, message: 'this header is given twice', hint: 'keep one of them' },
    ];
  });
}

/** A mistake at a place. */
export function at(place: Place, message: string, hint: string): Finding {
  return { at: place.tree?.at ?? place.at, path: place.path, message, hint };
}
