import type { Finding } from './problem.ts';
import { targets } from './references.ts';
import { at } from './rules.ts';
import type { source } from './source.ts';
import { type Place, step } from './tree.ts';
import type { Fields } from './validate.ts';

type Valid = Fields<typeof source.shape>['valid'];

/** Mistakes in `events` that concern several options or the rest of the file. */
export function eventProblems({ events = [] }: Valid, place: Place, webhooks: readonly string[]): Finding[] {
  return events.flatMap(({ on, changed, becomes, send_to }, index) => {
    const there = step(step(place, 'events'), index);
    const findings = send_to ? targets(send_to, there, webhooks).findings : [];
    if (changed && !on.includes('updated')) {
      const hint = 'add `updated` to `on`, or remove `changed`';
      findings.push(at(step(there, 'changed'), 'only an update changes what is at a path', hint));
    }
    if (becomes && on.every((kind) => kind === 'deleted')) {
      const hint = 'write `when` for what was true of it before';
      findings.push(at(step(there, 'becomes'), 'a deleted record becomes nothing', hint));
    }
    return findings;
  });
}

/** Whether every rule has its own `send_to`, so that the source needs none. */
export function sendThemselves({ events }: Valid, place: Place): boolean {
  // Mistakes in the rules are reported elsewhere: nothing is concluded from invalid rules.
  return step(place, 'events').tree !== undefined && !events?.some(({ send_to }) => !send_to);
}
