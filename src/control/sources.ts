import type { Config } from '../config/document.ts';
import type { Verdict } from '../detect/contract.ts';
import { type Failure, failure, isFailure } from '../errors.ts';
import type { Logger } from '../lib/log.ts';
import { pauseMemo, verdictMemo } from '../live/sources.ts';
import type { PollNote } from '../model.ts';
import type { SourceControl } from '../server/control.ts';
import type { Memos, Store } from '../store/contract.ts';
import type { Watch } from '../watch.ts';
import { notFound } from './not-found.ts';
import { pacesIn } from './paces.ts';
import { detailOf, type SourceViewDeps, viewOf } from './source-view.ts';

export interface SourceControlDeps extends SourceViewDeps {
  readonly config: () => Config;
  readonly store: Pick<Store, 'sources' | 'source' | 'notes' | 'reset'> & Pick<Memos, 'remember'>;
  readonly verdicts: Map<string, Verdict>;
  readonly log: Logger;
  /** Called when somebody has changed the state of a source. */
  readonly onChange: (source: string) => void;
}

export function controlSources(deps: SourceControlDeps): SourceControl {
  const { config, store, watches, verdicts, clock, log, onChange } = deps;

  function find(name: string): Watch | Failure {
    const found = watches().get(name);
    if (found) return found;
    if (!config().sources.has(name)) return notFound('source', name);
    return failure('API_CONFLICT', `source ${name} is disabled in the configuration: enable it there`);
  }

  async function act(
    verb: keyof typeof DONE,
    name: string,
    does: (found: Watch) => Promise<unknown> | unknown,
  ): Promise<Failure | null> {
    const found = find(name);
    if ('code' in found) return found;
    const failed = await does(found);
    if (isFailure(failed)) return failed;
    log.info({ source: name }, DONE[verb]);
    onChange(name);
    return null;
  }

  function judge(name: string, answer: Verdict['answer']): Promise<Failure | null> {
    return act(answer, name, async (found) => {
      const { held, note } = found.standing();
      if (!held) return failure('API_CONFLICT', `${name}: ${nothingHeld(note)}`);
      const verdict = { answer, wave: held.wave };
      await store.remember(verdictMemo(name), verdict);
      verdicts.set(name, verdict);
      found.poll();
      return null;
    });
  }

  /** The note of a source; the one in its loop is newer than the stored one. */
  const noteIn = (notes: ReadonlyMap<string, PollNote>) => (name: string) =>
    watches().get(name)?.standing().note ?? notes.get(name) ?? null;

  return {
    async list() {
      const [states, notes] = [await store.sources(), await store.notes()];
      const stored = new Map(states.map((state) => [state.source, state]));
      const paces = pacesIn(config().sources, noteIn(notes));
      return [...config().sources.values()]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((source) =>
          viewOf(source, stored.get(source.name) ?? null, notes.get(source.name) ?? null, paces, deps),
        );
    },
    async find(name) {
      const source = config().sources.get(name);
      if (!source) return notFound('source', name);
      const [state, notes] = [await store.source(name), await store.notes()];
      return detailOf(source, state, notes.get(name) ?? null, pacesIn(config().sources, noteIn(notes)), deps);
    },
    poll: (name) => act('poll', name, (found) => found.poll()),
    pause: (name) =>
      act('pause', name, async (found) => {
        await store.remember(pauseMemo(name), { since: clock.now() });
        found.pause();
      }),
    resume: (name) =>
      act('resume', name, async (found) => {
        await store.remember(pauseMemo(name), null);
        found.resume();
      }),
    approve: (name) => judge(name, 'approve'),
    reject: (name) => judge(name, 'reject'),
    reset: (name) =>
      act('reset', name, (found) =>
        found.between(async () => {
          await store.reset(name);
          await store.remember(verdictMemo(name), null);
          verdicts.delete(name);
          found.forget();
          if (!found.standing().paused) found.poll();
        }),
      ),
  };
}

/** Log messages of the actions. */
const DONE = {
  poll: 'poll requested by hand',
  pause: 'paused by hand, until it is resumed',
  resume: 'resumed by hand',
  approve: 'approved by hand: what is missing is believed to be deleted',
  reject: 'rejected by hand: the baseline stays as it is',
  reset: 'reset by hand: the next poll is a new baseline',
} as const;

function nothingHeld(note: PollNote | null): string {
  if (note?.error == null) return 'nothing is in doubt';
  if (note.failures > 0) return `polls fail (${note.error}), which is no doubt to decide about`;
  return `there are no deletions to decide about (${note.error}); an answer that cannot be read stays refused`;
}
