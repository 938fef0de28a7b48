import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PollNote } from '../../../src/model.ts';
import type { Commit, Requeued, RequeueRequest } from '../../../src/store/contract.ts';
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
        const { webhook, order, ahead, supersede, batch } = step;
        const limit = ahead ? 1 : step.limit;
        const now = clock.now() + step.wait;
        const request = { webhook, order, now, limit, ahead, supersede, ...(batch && { batch }) };
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
      case 'revive':
      case 'drop': {
        const all = model.deliveries.map(({ shown }) => shown.id);
        const ids = [...new Set(step.which.map((index) => all[index % all.length] ?? 'none'))];
        assert.deepEqual(await store[step.kind](ids), model[step.kind](ids, clock.now()));
        return;
      }
      case 'requeue':
        return this.#requeue(step);
      case 'remember': {
        const value = step.value === null ? null : { n: step.value, x: { 'é\u0000': [null] } };
        await store.remember(step.name, value);
        model.remember(step.name, value);
        return;
      }
      case 'rename': {
        const { from, to } = step;
        const result = await store.rename(from, to);
        assert.equal(result, model.rename(from, to));
        if (result !== 'renamed') return;
        this.#notes.delete(from);
        this.#notes.set(to, [model.notes.get(to)]);
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

  /** Page by page to the end, nothing else happening meanwhile. */
  async #requeue({ webhook, since, until, limit }: Extract<Step, { kind: 'requeue' }>): Promise<void> {
    const { clock, store } = this.#place;
    let after: string | null = null;
    do {
      const now = clock.now();
      const request: RequeueRequest = {
        webhook,
        since: now - since,
        until: now - until,
        limit,
        ...(after !== null && { after }),
      };
      const requeued: Requeued = await store.requeue(request);
      assert.deepEqual(requeued, this.#model.requeue(request, now));
      after = requeued.next;
    } while (after !== null);
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
    for (const state of ['pending', 'dead', 'dropped', 'superseded'] as const) {
      const some = await allDeliveries(store, { state, source: 'desk', webhook: 'hook', newest: true });
      assert.deepEqual(
        some.toReversed(),
        shown.filter((one) => one.state === state && one.event.source === 'desk' && one.webhook === 'hook'),
      );
    }
    assert.deepEqual(await store.memos(), model.memos);
    const { after = 'none' } = { after: model.events[model.events.length >> 1]?.event.id };
    for (const query of [
      { limit: 100 },
      { limit: 3, after, newest: true },
      { limit: 3, after, webhook: 'hook' },
      { limit: 2, source: 'desk', type: 'told', since: this.#place.clock.now() - 5 },
    ]) {
      assert.deepEqual(await store.events(query), model.page(query), JSON.stringify(query));
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
    const made = events.map(([key, , change, type], index) =>
      event(source, sequence + index + 1, key, change, type),
    );
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
