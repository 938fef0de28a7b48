import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PollNote } from '../../../src/model.ts';
import type { Commit } from '../../../src/store/contract.ts';
import { Model } from './model.ts';
import { createPlace, type Open, type Place } from './place.ts';
import { allDeliveries, backlog, retainAll, snapshot } from './read.ts';
import { attempt, event, note, progress, record, webhook } from './samples.ts';
import { type Step, step } from './steps.ts';

const RUNS = Number(process.env.POLLHOOK_CONFORMANCE_RUNS ?? 30);
const EVER = 9e15;

/** Random sequences of everything, against the model: after each step all that can be read must be equal. */
export function anySequence(open: Open): void {
  test('any sequence of steps leaves what the model says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        await using place = await createPlace(open);
        const run = new Run(place);
        for (const one of steps) {
          await run.step(one);
          await run.compare();
        }
      }),
      { numRuns: RUNS },
    );
  });
}

export class Run {
  readonly #place: Place;
  readonly #model = new Model();
  /** Notes since the last durable one, which comes first; a crash may go back to any of them. */
  readonly #notes = new Map<string, (PollNote | undefined)[]>();

  constructor(place: Place) {
    this.#place = place;
  }

  async step(step: Step): Promise<void> {
    const { clock, store } = this.#place;
    const model = this.#model;
    switch (step.kind) {
      case 'commit': {
        const commit = this.#commit(step);
        const result = await store.commit(commit);
        assert.equal(result, model.commit(commit, clock.now()));
        if (result === 'committed') this.#notes.set(commit.source, [commit.note]);
        return;
      }
      case 'claim': {
        const { webhook, order, ahead } = step;
        const limit = ahead ? 1 : step.limit;
        const request = { webhook, order, now: clock.now() + step.wait, limit, ...(ahead ? { ahead } : {}) };
        assert.deepEqual(await store.claim(request), model.claim(request));
        return;
      }
      case 'settle': {
        const claimed = model.deliveries.filter((one) => one.claimed).map(({ shown }) => shown.id);
        const chosen = new Set(step.which.flatMap((index) => claimed[index % claimed.length] ?? []));
        const outcome = step.state === 'delivered' ? 'delivered' : 'failed';
        const settlements = [...chosen].map((delivery, index) => ({
          delivery,
          attempt: attempt(outcome, clock.now()),
          state: step.state,
          steps: index,
          nextAttempt: clock.now() + step.wait,
        }));
        const webhooks = step.webhook === null ? [] : [webhook(step.webhook, step.wait)];
        // Half of them by a second caller at the same instant.
        const middle = settlements.length >> 1;
        await Promise.all([
          store.settle(settlements.slice(0, middle)),
          store.settle(settlements.slice(middle), webhooks),
        ]);
        model.settle(settlements, webhooks, clock.now());
        return;
      }
      case 'note': {
        const noted = { ...note(step.polled), error: step.polled % 2 ? 'wrong' : null };
        store.note(step.source, noted);
        model.notes.set(step.source, noted);
        this.#notes.set(step.source, [...(this.#notes.get(step.source) ?? [undefined]), noted]);
        return;
      }
      case 'reset':
        await store.reset(step.source);
        model.reset(step.source);
        this.#notes.delete(step.source);
        return;
      case 'retain': {
        clock.setWall(clock.now() + 1);
        const limits = {
          now: clock.now(),
          delivered: step.delivered || step.dead ? 0 : EVER,
          dead: step.dead ? 0 : EVER,
          maxEvents: step.all ? 0 : EVER,
        };
        await retainAll(store, limits);
        model.retain(limits);
        return;
      }
      case 'pass':
        clock.setWall(clock.now() + step.time);
        return;
      case 'reopen':
        await this.#place.reopen();
        model.interrupt();
        return;
      case 'crash':
        await this.#place.crash();
        model.interrupt();
        await this.#recallNotes();
    }
  }

  /** Compares everything that can be read, without changing anything. */
  async compare(): Promise<void> {
    const { store } = this.#place;
    const model = this.#model;
    const sources = await store.sources();
    for (const [name, { version, sequence, progress, records }] of model.sources) {
      const expected = progress && { ...progress, source: name, version, sequence, records: records.size };
      assert.deepEqual(await store.source(name), expected);
      assert.deepEqual(sources.find(({ source }) => source === name) ?? null, expected);
      assert.deepEqual(await snapshot(store, name), records);
    }
    assert.deepEqual(await store.notes(), model.notes);
    assert.deepEqual(new Map((await store.webhooks()).map((one) => [one.name, one])), model.webhooks);
    assert.deepEqual(await backlog(store), model.backlog());
    const shown = await allDeliveries(store, { limit: 7 });
    assert.deepEqual(
      shown,
      model.deliveries.map((one) => one.shown),
    );
    for (const state of ['pending', 'dead'] as const) {
      const some = await allDeliveries(store, { state, source: 'desk' });
      assert.deepEqual(
        some,
        shown.filter((one) => one.state === state && one.event.source === 'desk'),
      );
    }
    for (const one of model.deliveries) {
      const attempts = await store.attempts(one.shown.id);
      const comparable = attempts?.map((made) => (made.outcome === 'unknown' ? 'unknown' : made));
      assert.deepEqual(comparable, one.attempts);
    }
  }

  #commit({ source, late, replace, upserts, removes, events }: Extract<Step, { kind: 'commit' }>): Commit {
    const { version, sequence } = this.#model.source(source);
    const { clock } = this.#place;
    const made = events.map(([key], index) => event(source, sequence + index + 1, key));
    const deliveries = events.flatMap(([, names], index) => {
      const id = made[index]?.id ?? '';
      return names.map((name) => ({ id: `${id}_${name}`, event: id, webhook: name }));
    });
    return {
      source,
      expected: version + (late ? 1 : 0),
      difference: {
        replace,
        upserts: upserts.map(([key, value]) => record(key, `{"n":${value}.0}`)),
        removes,
      },
      progress: progress(clock.now()),
      events: made,
      deliveries,
      note: note(clock.now()),
    };
  }

  async #recallNotes(): Promise<void> {
    const kept = await this.#place.store.notes();
    this.#model.notes.clear();
    for (const [source, candidates] of this.#notes) {
      const found = kept.get(source);
      assert.ok(
        candidates.some((one) => one?.polled === found?.polled),
        `${source}: the note is not one of those given since the last durable one`,
      );
      if (found) this.#model.notes.set(source, found);
      this.#notes.set(source, [found]);
    }
  }
}
