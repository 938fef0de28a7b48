import { isPath } from '../../lib/path.ts';
import type { Change } from '../../model.ts';
import type { Detected } from '../contract.ts';

/** Polls after which counting starts again. */
const SPAN = 100;
/** Fewer polls, or fewer updates, prove nothing. */
const LEAST = 10;
const NEARLY_ALL = 0.9;
/** Paths come from the polled system. */
const MOST_PATHS = 100;

/** Notices a field that alone causes nearly all updates in nearly every poll, such as a time stamp. */
export interface NoisyFieldHint {
  /** Warnings after a poll, one per field and given once. */
  after(detected: Pick<Detected, 'basis' | 'changes'>): string[];
}

export function createNoisyFieldHint(): NoisyFieldHint {
  const warned = new Set<string>();
  let polls = 0;
  let updates = 0;
  let alone = new Map<string, { updates: number; polls: number }>();

  return {
    after({ basis, changes }) {
      if (basis !== 'stored') return [];
      if (polls === SPAN) {
        polls = 0;
        updates = 0;
        alone = new Map();
      }
      polls += 1;
      if (changes.length === 0) return [];
      const updated = changes.filter(({ change }) => change === 'updated');
      updates += updated.length;
      for (const [path, { length }] of Map.groupBy(updated, onlyPath)) {
        const count = path === null ? undefined : (alone.get(path) ?? { updates: 0, polls: 0 });
        if (path === null || !count || (alone.size === MOST_PATHS && !alone.has(path))) continue;
        alone.set(path, { updates: count.updates + length, polls: count.polls + 1 });
      }
      if (polls < LEAST || updates < LEAST) return [];
      const loud = [...alone].find(
        ([, count]) => count.updates >= NEARLY_ALL * updates && count.polls >= NEARLY_ALL * polls,
      );
      if (!loud || warned.has(loud[0])) return [];
      const [path, count] = loud;
      warned.add(path);
      return [
        `${count.updates} of ${updates} updates in ${polls} polls were of ${JSON.stringify(path)} alone; if it means nothing, set ignore: [${JSON.stringify(path)}]`,
      ];
    },
  };
}

/** The path of the only field that changed, as the option `ignore` takes it; null if there are several. */
function onlyPath({ fields, truncated }: Change): string | null {
  const paths = new Set(fields.map(({ path }) => pathOf(path)));
  const [path] = paths;
  return paths.size === 1 && !truncated ? (path ?? null) : null;
}

/** Null for a pointer that no path can say: to the whole record, or through a name that is empty or ends with a dot. */
function pathOf(pointer: string): string | null {
  const names = pointer.slice(1).split('/');
  const path = names
    .map((name) => (/^\d+$/.test(name) ? '*' : name.replaceAll('~1', '/').replaceAll('~0', '~')))
    .join('.');
  return isPath(path) ? path : null;
}
