import type { Finding } from './problem.ts';
import { at } from './rules.ts';
import { type Place, step, type Tree } from './tree.ts';

/**
 * Mistakes in `moved_from`: an old name must not be in use, and only one source may continue it. Read from the tree:
 * another mistake in a source hides none of them.
 */
export function moveProblems(names: readonly string[], sources: Place): Finding[] {
  const heirs = new Map<string, string>();
  return names.flatMap((name) => {
    const place = step(step(sources, name), 'moved_from');
    const from = textOf(place.tree);
    if (from === null) return [];
    if (names.includes(from)) {
      const message =
        from === name
          ? 'this is the name that it has'
          : `there still is a source \`${from}\`, with a state of its own`;
      return [at(place, message, 'write the name that this source had before, or remove it')];
    }
    const heir = heirs.get(from);
    heirs.set(from, heir ?? name);
    return heir === undefined
      ? []
      : [at(place, `\`${heir}\` carries on the state of \`${from}\` already`, 'remove it from one of them')];
  });
}

/** Null: there is none, or it is wrong, which is reported elsewhere. */
function textOf(tree: Tree | undefined): string | null {
  return tree?.kind === 'scalar' && typeof tree.value === 'string' && !tree.broken ? tree.value : null;
}
