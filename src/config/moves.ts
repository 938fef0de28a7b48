import type { SourceConfig } from './document.ts';
import type { Finding } from './problem.ts';
import { at } from './rules.ts';
import { type Place, step } from './tree.ts';

/** Mistakes in `moved_from`: an old name must not be in use, and only one source may continue it. */
export function moveProblems(
  sources: ReadonlyMap<string, SourceConfig>,
  names: readonly string[],
  top: Place,
): Finding[] {
  const heirs = new Map<string, string>();
  return [...sources.values()].flatMap(({ name, moved_from: from }) => {
    if (from === undefined) return [];
    const place = step(step(step(top, 'sources'), name), 'moved_from');
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
