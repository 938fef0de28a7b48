import type { SourceConfig } from './config/document.ts';
import type { Detected, Verdict } from './detect/contract.ts';
import { createDetector } from './detect/detect.ts';
import { createRules, type RuleOutput } from './detect/rules.ts';
import { failure, PollhookError } from './errors.ts';
import type { Fetcher } from './fetch/fetch.ts';
import type { Clock } from './lib/clock.ts';
import type { Cursor, PollNote, SourceState } from './model.ts';
import { createHints } from './poll/hints.ts';
import { cursorAfter, questionOf } from './poll/incremental.ts';
import { lastShown, leftBy, noteOf } from './poll/note.ts';
import { createObserver } from './poll/observe.ts';
import { type Failed, faulty, type Poll } from './poll/outcome.ts';
import { createReader } from './poll/reader.ts';
import {
  accepted,
  atRest,
  NOTHING_KNOWN,
  type Remembered,
  rememberedFrom,
  validatorsOf,
  withoutValidators,
} from './poll/remembered.ts';
import type { Snapshot } from './poll/snapshot.ts';
import type { Store } from './store/contract.ts';

export type { Failed, Poll, Seen } from './poll/outcome.ts';

/** Polls one source. Each call is given the note of the poll before; null before the first. */
export interface Poller {
  /** Fetches, decodes and compares, without writing anything: for `pollhook poll`. */
  look(note: PollNote | null, signal: AbortSignal): Promise<Poll>;
  /** The same, and commits the result durably before it returns. */
  poll(note: PollNote | null, signal: AbortSignal): Promise<Polled>;
}

export interface Polled {
  readonly poll: Poll;
  /** For the poll after it. */
  readonly note: PollNote;
}

export interface PollerDeps {
  readonly fetcher: Fetcher;
  readonly store: Pick<Store, 'identity' | 'source' | 'digests' | 'values' | 'commit' | 'note'>;
  readonly clock: Clock;
  /** The operator's decision on deletions that are held, looked up at every poll; null if there is none. */
  readonly verdict?: () => Verdict | null;
}

/** What a poll can build on. Without a cursor the next fetch has to be complete. */
interface Known {
  readonly remembered: Remembered;
  readonly cursor: Cursor | null;
}

/** What the last poll accepted: valid only while the stored state has the version that it led to. */
interface Memory extends Known {
  readonly version: number;
}

interface Look extends Known {
  readonly began: number;
  readonly state: SourceState | null;
  readonly poll: Poll;
}

export function createPoller(source: SourceConfig, deps: PollerDeps): Poller {
  const { fetcher, store, clock, verdict = () => null } = deps;
  const detector = createDetector(source);
  const rules = createRules(source, clock);
  const hints = createHints(source);
  const baseline = {
    digests: () => store.digests(source.name),
    values: (keys: Iterable<string>) => store.values(source.name, keys),
  };
  const read = createReader(source, fetcher, detector.equal);
  const relied = source.incremental !== undefined;
  const observe = createObserver({ read, detector, baseline, clock, relied });
  let memory: Memory | null = null;

  async function look(note: PollNote | null, signal: AbortSignal): Promise<Look> {
    const state = await store.source(source.name);
    const known = usable(state);
    const began = clock.now();
    const started = clock.monotonic();
    const { scope, ask } = questionOf(source, state, known.cursor, began);
    // Some records are shown only by complete fetches: their old state was last seen by the complete fetch before.
    const full = ask.complete ? known.cursor?.full : undefined;
    const after = full ?? lastShown(state, note);
    const trusted = full ?? note?.succeeded ?? null;
    const plan = { ask, state, known: known.remembered, after, trusted, verdict: verdict() };
    const observed = await observe(plan, signal);
    if (observed.kind === 'failed') {
      const { forget, ...poll } = observed;
      const remembered = forget ? withoutValidators(known.remembered) : known.remembered;
      return { began, state, poll, remembered, cursor: known.cursor };
    }
    const { snapshot, detected, by, unsettled } = observed;
    const { status, notBefore } = snapshot;
    const took = clock.monotonic() - started;
    const cursor = source.incremental ? await cursorAfter(source, scope, observed, { began, took }) : null;
    if (cursor && 'code' in cursor) {
      return { began, state, ...known, poll: { kind: 'failed', failure: cursor, status, notBefore } };
    }
    const remembered = accepted(source, observed.remembered, unsettled === null);
    const output = await applyRules(snapshot, detected, state, by);
    const pages = snapshot.layout.length;
    const poll = { kind: 'seen', ...output, detected, status, notBefore, pages, unsettled } as const;
    return { began, state, poll, remembered, cursor };
  }

  async function lookUnlessFaulty(note: PollNote | null, signal: AbortSignal): Promise<Look> {
    const began = clock.now();
    try {
      return await look(note, signal);
    } catch (error) {
      // A state that cannot be trusted has to stop the process.
      if (signal.aborted || error instanceof PollhookError) throw error;
      return { began, state: null, poll: faulty(error), remembered: NOTHING_KNOWN, cursor: null };
    }
  }

  /** What this process remembers, else what is stored; neither if what is compared was reconfigured. */
  function usable(state: SourceState | null): Known {
    if (state?.comparison !== detector.comparison) return { remembered: NOTHING_KNOWN, cursor: null };
    if (memory?.version === state.version) return memory;
    return { remembered: rememberedFrom(source, state), cursor: state.cursor ?? null };
  }

  async function applyRules(
    snapshot: Snapshot,
    detected: Detected,
    state: SourceState | null,
    decided: number,
  ): Promise<RuleOutput> {
    const sequence = state?.sequence ?? 0;
    const origin = { identity: store.identity, source: source.name, sequence, decided };
    const made = await rules(detected.changes, origin);
    const hinted = await hints.after(snapshot, detected);
    return { ...made, warnings: [...detected.warnings, ...made.warnings, ...hinted] };
  }

  return {
    look: async (note, signal) => (await look(note, signal)).poll,
    async poll(last, signal) {
      const { began, state, poll, remembered, cursor } = await lookUnlessFaulty(last, signal);
      const note = noteOf(source, poll, { began, ended: clock.now() }, last);
      const version = state?.version ?? 0;
      if (poll.kind === 'failed' || !poll.detected.differs) {
        store.note(source.name, note);
        memory = { version, cursor, remembered: await atRest(remembered, memory?.remembered ?? null) };
        return { poll, note };
      }
      const { upserts, removes, basis } = poll.detected;
      const outcome = await store.commit({
        source: source.name,
        expected: version,
        difference: { replace: basis !== 'stored', upserts, removes },
        progress: {
          comparison: detector.comparison,
          validators: validatorsOf(source, remembered),
          shown: began,
          ...leftBy(poll.detected),
          ...(source.incremental && { cursor }),
        },
        events: poll.events,
        deliveries: poll.deliveries,
        note,
      });
      memory = outcome === 'committed' ? { version: version + 1, remembered, cursor } : null;
      return outcome === 'committed' ? { poll, note } : { poll: conflict(poll.status), note: last ?? note };
    },
  };

  function conflict(status: number): Failed {
    const message = `another process committed to ${source.name} during this poll`;
    return { kind: 'failed', failure: failure('STATE_CONFLICT', message), status, notBefore: null };
  }
}
