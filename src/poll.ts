import type { SourceConfig } from './config/document.ts';
import { createDecoder } from './decode/decode.ts';
import { pack, type Witness } from './decode/witness.ts';
import { createDetector, type Detected } from './detect/detect.ts';
import { createRules, type Told } from './detect/rules.ts';
import { type Failure, failure, isSuspect } from './errors.ts';
import type { Fetched, Fetcher } from './fetch/fetch.ts';
import type { Clock } from './lib/clock.ts';
import type { PollNote, SourceState, Validators, Window } from './model.ts';
import type { Store } from './store/contract.ts';

/** What a poll came to. A failed one left everything as it was. */
export type Poll = Failed | Seen;

export interface Failed {
  readonly kind: 'failed';
  readonly failure: Failure;
  readonly status: number | null;
  /** The server asked not to be polled before this time; null if it did not. */
  readonly notBefore: number | null;
}

export interface Seen extends Told {
  readonly kind: 'seen';
  readonly status: number;
  /** As for a failed poll. */
  readonly notBefore: number | null;
  readonly detected: Detected;
}

/** Polls one source. The note is what the poll before it left behind; null before the first. */
export interface Poller {
  /** Fetches, decodes and compares. Writes nothing. */
  look(note: PollNote | null, signal: AbortSignal): Promise<Poll>;
  /** The same, and stores what was seen, durably, before it returns; with the note for the poll after it. */
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
}

/** The last answer that was accepted: of use only while the state has the version that it led to. */
interface Memory {
  readonly version: number;
  readonly witness: Witness | null;
  readonly validators: Validators | null;
}

interface Look {
  readonly began: number;
  readonly state: SourceState | null;
  readonly poll: Poll;
  readonly witness: Witness | null;
  readonly validators: Validators | null;
}

export function createPoller(source: SourceConfig, { fetcher, store, clock }: PollerDeps): Poller {
  const decode = createDecoder(source);
  const detector = createDetector(source);
  const rules = createRules(source, clock);
  const baseline = {
    digests: () => store.digests(source.name),
    values: (keys: Iterable<string>) => store.values(source.name, keys),
  };
  let memory: Memory | null = null;

  async function look(note: PollNote | null, signal: AbortSignal): Promise<Look> {
    const state = await store.source(source.name);
    const known = usable(state);
    const began = clock.now();
    const fetched = await fetcher.fetch(source, known?.validators ?? null, signal);
    const window = { after: lastShown(state, note), by: clock.now() };
    const found = await read(fetched, state, window, known?.witness ?? null);
    if (found.kind === 'failed') {
      const witness = known?.witness ?? null;
      return {
        began,
        state,
        poll: found,
        witness,
        validators: fetched.kind === 'failed' ? fetched.validators : null,
      };
    }
    const { status, notBefore, detected } = found;
    const poll = {
      kind: 'seen',
      status,
      notBefore,
      detected,
      ...(await told(detected, state, window.by)),
    } as const;
    return { began, state, ...found, poll };
  }

  /** What can be built on: the memory of this process, else what the state holds, if it still means the same. */
  function usable(state: SourceState | null): Pick<Memory, 'witness' | 'validators'> | null {
    if (state?.comparison !== detector.comparison) return null;
    return memory?.version === state.version ? memory : { witness: null, validators: state.validators };
  }

  async function read(fetched: Fetched, state: SourceState | null, window: Window, witness: Witness | null) {
    if (fetched.kind === 'failed') return fetched;
    const { status, validators, notBefore } = fetched;
    let known = witness;
    for (;;) {
      const decoded =
        fetched.kind === 'not_modified'
          ? ({ kind: 'reading', reading: { kind: 'same' }, witness: known } as const)
          : await decode(fetched.body, fetched.contentType, known);
      if (decoded.kind === 'refused')
        return { kind: 'failed', failure: decoded.failure, status, notBefore: null } as const;
      const detected = await detector.detect({ reading: decoded.reading, state, window }, baseline);
      if (detected.kind === 'detected')
        return { kind: 'read', status, notBefore, validators, detected, witness: decoded.witness } as const;
      known = null;
    }
  }

  function told({ changes }: Detected, state: SourceState | null, decided: number): Promise<Told> {
    const sequence = state?.sequence ?? 0;
    return rules(changes, { identity: store.identity, source: source.name, sequence, decided });
  }

  return {
    look: async (note, signal) => (await look(note, signal)).poll,
    async poll(last, signal) {
      const { began, state, poll, witness, validators } = await look(last, signal);
      const note = noteOf(poll, began, last);
      const version = state?.version ?? 0;
      if (poll.kind === 'failed' || !poll.detected.differs) {
        store.note(source.name, note);
        // What was the same again is likely to stay so: it is at rest.
        const resting = witness && witness === memory?.witness ? await pack(witness) : witness;
        memory = { version, witness: resting, validators };
        return { poll, note };
      }
      const { upserts, removes, basis, absent } = poll.detected;
      const outcome = await store.commit({
        source: source.name,
        expected: version,
        difference: { replace: basis !== 'stored', upserts, removes },
        progress: { comparison: detector.comparison, validators, absent, shown: began },
        events: poll.events,
        deliveries: poll.deliveries,
        note,
      });
      memory = outcome === 'committed' ? { version: version + 1, witness, validators } : null;
      return outcome === 'committed' ? { poll, note } : { poll: conflict(poll.status), note: last ?? note };
    },
  };

  function conflict(status: number): Failed {
    const message = `another process committed to ${source.name} during this poll`;
    return { kind: 'failed', failure: failure('STATE_CONFLICT', message), status, notBefore: null };
  }
}

function noteOf(poll: Poll, began: number, last: PollNote | null): PollNote {
  const notBefore = poll.notBefore ?? 0;
  const before = { polled: began, succeeded: last?.succeeded ?? null, notBefore };
  if (poll.kind === 'failed' && !isSuspect(poll.failure))
    return { ...before, failures: (last?.failures ?? 0) + 1, error: poll.failure.message };
  const doubt = poll.kind === 'failed' ? poll.failure.message : (poll.detected.doubt?.reason ?? null);
  if (doubt !== null) return { ...before, failures: 0, error: doubt };
  return { ...before, succeeded: began, failures: 0, error: null };
}

/** When the last poll began that showed what is stored: changes happened after it. */
function lastShown(state: SourceState | null, note: PollNote | null): number | null {
  return Math.max(state?.shown ?? 0, note?.succeeded ?? 0) || null;
}
