import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failure } from '../../src/errors.ts';
import { openJsonStore } from '../../src/store/json/open.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { delivery, HOURS, MINUTES, SECONDS, SECRET, state } from '../deliver/fixtures.ts';
import { until } from '../fake-clock.ts';
import { createPlace } from '../store/conformance/place.ts';
import { attempt, claimed, dead, owe } from '../store/conformance/samples.ts';
import { alerting, attempted, deadLetter, failed, owed, polled, refused } from './fixtures.ts';

const types = async (store: Parameters<typeof owed>[0]) => (await owed(store)).map(({ type }) => type);

for (const [kind, open] of Object.entries({ 'JSON files': openJsonStore, SQLite: openSqliteStore })) {
  describe(`operational events on ${kind}`, () => {
    test('are owed once per episode, also over restarts and crashes', async () => {
      await using place = await createPlace(open);
      const first = await alerting(place.store, place.clock, 'ops');
      for (const failures of [1, 2, 3, 4]) first.alerts.observePoll(failed(failures));
      await first.alerts.stop();
      assert.deepEqual(await types(place.store), ['pollhook.source.failing']);
      assert.deepEqual(first.woken, ['ops']);

      await place.crash();
      const second = await alerting(place.store, place.clock, 'ops');
      second.alerts.observePoll(failed(5));
      second.alerts.observePoll(polled());
      second.alerts.observePoll(polled());
      await second.alerts.stop();

      await place.reopen();
      const third = await alerting(place.store, place.clock, 'ops');
      third.alerts.observePoll(polled());
      third.alerts.observePoll(failed(3));
      await third.alerts.stop();
      assert.deepEqual(await types(place.store), [
        'pollhook.source.failing',
        'pollhook.source.recovered',
        'pollhook.source.failing',
      ]);
      const [failing, recovered] = await owed(place.store);
      assert.deepEqual(failing?.data, {
        source: 'tickets',
        message: '3 polls in a row failed: answered 503 Service Unavailable',
        failures: 3,
        error: 'FETCH_STATUS',
        sequence: 1,
      });
      assert.deepEqual(recovered?.data, {
        source: 'tickets',
        message: 'no longer failing',
        was: ['failing'],
        since: '2026-11-21T09:30:00.000Z',
        sequence: 2,
      });
    });

    test('are owed also if they are raised right after others were', async () => {
      await using place = await createPlace(open);
      const { alerts, woken } = await alerting(place.store, place.clock, 'ops');
      let raise = () => queueMicrotask(() => alerts.observePoll(failed(3)));
      woken.push = () => {
        raise();
        raise = () => undefined;
        return 0;
      };
      alerts.configReloaded(['source tickets: added']);
      await until(async () => (await types(place.store)).length === 2);
      await alerts.stop();
      assert.deepEqual(await types(place.store), ['pollhook.config.reloaded', 'pollhook.source.failing']);
    });

    test('of a webhook that was left failing are told at the next start', async () => {
      await using place = await createPlace(open);
      await place.store.settle([], [state({ failures: 5, probe: { at: 1, failed: 0 } })]);
      const { alerts } = await alerting(place.store, place.clock, 'ops');
      await alerts.stop();
      assert.deepEqual(await types(place.store), ['pollhook.webhook.failing']);
    });

    test('of dead letters that a killed process held back are told by the next one, once', async () => {
      await using place = await createPlace(open);
      const { clock } = place;
      const die = async (...keys: string[]) => {
        const ids = await owe(place.store, 'tickets', keys, 'agent');
        await claimed(place.store, clock.now(), 'key', 10, 'agent');
        await place.store.settle(ids.map((id) => ({ ...dead(id), attempt: attempt('failed', clock.now()) })));
        await clock.advance(SECONDS);
      };
      await die('A', 'B');
      for (const life of ['of the first', 'of one that has nothing to tell']) {
        const { alerts } = await alerting(place.store, clock, 'ops');
        await alerts.stop();
        await clock.advance(HOURS);
        await place.crash();
        const counts = (await owed(place.store)).map(({ data }) => data.count);
        assert.deepEqual(counts, [2], life);
      }
      await die('C');
      const { alerts } = await alerting(place.store, clock, 'ops');
      await alerts.stop();
      const [first, second] = await owed(place.store);
      assert.equal(first?.data.delivery, 'evt_tickets_2_agent');
      assert.deepEqual([second?.data.count, second?.data.key], [1, 'C']);
    });

    test('many at once are few commits', async () => {
      await using place = await createPlace(open);
      let commits = 0;
      const { store } = place;
      const commit = store.commit.bind(store);
      store.commit = (one) => {
        commits += 1;
        return commit(one);
      };
      const { alerts } = await alerting(store, place.clock, 'ops');
      for (let at = 0; at < 500; at += 1) alerts.observePoll(failed(3, { source: `s${at}` }));
      await alerts.stop();
      assert.equal((await owed(store)).length, 500);
      assert(commits <= 2, `${commits} commits`);
    });
  });
}

describe('who is told', () => {
  test('everybody but the webhook that it is about', async () => {
    await using place = await createPlace(openSqliteStore);
    const { alerts } = await alerting(place.store, place.clock, 'ops', 'agent');
    alerts.observeAttempt(refused(5));
    alerts.observePoll(failed(3));
    await alerts.stop();
    assert.deepEqual(
      (await owed(place.store)).map(({ to }) => to),
      [['ops'], ['ops', 'agent']],
    );
  });

  test('nobody, when the only one is the subject: it counts as told', async () => {
    await using place = await createPlace(openSqliteStore);
    const { alerts } = await alerting(place.store, place.clock, 'agent');
    alerts.observeAttempt(refused(5));
    alerts.observeAttempt(attempted());
    alerts.observePoll(failed(3));
    await alerts.stop();
    assert.deepEqual(await types(place.store), ['pollhook.source.failing']);
    assert.equal((await place.store.source('@pollhook'))?.sequence, 3);
  });

  test('the log alone, without `alerts`; who is named later hears of what goes on', async () => {
    await using place = await createPlace(openSqliteStore);
    const { alerts, lines } = await alerting(place.store, place.clock);
    alerts.observePoll(failed(3));
    await place.clock.advance(0);
    assert.equal(await place.store.source('@pollhook'), null, 'nothing is stored');
    assert.deepEqual(
      lines.map(({ level, alert }) => [level, alert]),
      [[40, 'pollhook.source.failing']],
    );
    alerts.configure({ alerts: ['ops'] });
    alerts.observePoll(failed(4));
    await alerts.stop();
    assert.deepEqual(await types(place.store), ['pollhook.source.failing']);
  });

  test('never a dead letter of an alert', async () => {
    await using place = await createPlace(openSqliteStore);
    const { alerts } = await alerting(place.store, place.clock, 'ops', 'agent');
    const { event, ...rest } = delivery(1);
    alerts.observeAttempt(deadLetter(0, { ...rest, event: { ...event, source: '@pollhook' } }));
    await alerts.stop();
    assert.deepEqual(await owed(place.store), []);
  });
});

describe('what is told', () => {
  const told = async (act: (alerting_: Awaited<ReturnType<typeof alerting>>) => void) => {
    await using place = await createPlace(openSqliteStore);
    const one = await alerting(place.store, place.clock, 'ops');
    act(one);
    await one.alerts.stop();
    return owed(place.store);
  };

  test('a suspect snapshot: what was seen, and how to approve it', async () => {
    const doubt = '12 of 20 records are missing';
    const [suspect, ...more] = await told(({ alerts }) => {
      alerts.observePoll(polled({ result: 'suspect', doubt, records: null }));
      alerts.observePoll(polled({ result: 'suspect', doubt, records: null }));
    });
    assert.equal(suspect?.type, 'pollhook.source.suspect');
    assert.equal(suspect.data.seen, doubt);
    assert.equal(suspect.data.approve, 'pollhook approve tickets');
    assert.match(String(suspect.data.message), /^12 of 20 records are missing; .*pollhook approve tickets$/);
    assert.equal(more.length, 0);
  });

  test('a source that fails, then is in doubt, has recovered only when all is well', async () => {
    const all = await told(({ alerts }) => {
      alerts.observePoll(failed(3));
      alerts.observePoll(polled({ result: 'suspect', doubt: 'the list is empty', records: null }));
      alerts.observePoll(polled());
    });
    assert.deepEqual(
      all.map(({ type }) => type),
      ['pollhook.source.failing', 'pollhook.source.suspect', 'pollhook.source.recovered'],
    );
  });

  test('a source that fails and gets another name is not told of again, and recovers under the new one', async () => {
    const all = await told(({ alerts }) => {
      alerts.observePoll(failed(3));
      alerts.renamed('tickets', 'desk');
      alerts.observePoll(failed(4, { source: 'desk' }));
      alerts.observePoll(polled({ source: 'desk' }));
      alerts.observePoll(polled());
    });
    assert.deepEqual(
      all.map(({ type, data }) => [type, data.source]),
      [
        ['pollhook.source.failing', 'tickets'],
        ['pollhook.source.recovered', 'desk'],
      ],
    );
  });

  test('refused credentials at once: polls have become rare', async () => {
    const why = failure('FETCH_CREDENTIALS', 'answered 401 Unauthorized');
    const all = await told(({ alerts }) => alerts.observePoll(failed(1, { failure: why })));
    assert.equal(all[0]?.data.message, '1 poll failed: answered 401 Unauthorized');
  });

  test('a source that has finished, once', async () => {
    const all = await told(({ alerts }) => {
      for (const finished of [1000, 1000, null, 5000]) alerts.observePoll(polled({ finished }));
    });
    assert.deepEqual(
      all.map(({ type, data }) => [type, data.source]),
      [
        ['pollhook.source.finished', 'tickets'],
        ['pollhook.source.finished', 'tickets'],
      ],
    );
  });

  test('a source that finished in the process before, once', async () => {
    const ended = { source: 'tickets', at: 2000, records: 3, finished: 1000 };
    const all = await told(({ alerts }) => {
      alerts.observePoll(polled());
      for (const _ of [1, 2]) alerts.ended(ended);
      alerts.observePoll(polled({ finished: 1000 }));
    });
    assert.deepEqual(
      all.map(({ type, data }) => [type, data.source, data.records]),
      [['pollhook.source.finished', 'tickets', 3]],
    );
  });

  test('a new baseline', async () => {
    const all = await told(({ alerts }) => alerts.observePoll(polled({ baseline: 'rebaselined' })));
    assert.deepEqual(
      all.map(({ type, data }) => [type, data.records]),
      [['pollhook.source.rebaselined', 3]],
    );
  });

  test('a webhook: refused once an hour, failing, held, recovered', async () => {
    const at = Date.parse('2026-11-21T09:30:00.000Z');
    const held = { held: { since: at, reason: 'answered 410 Gone' } };
    const all = await told(({ alerts }) => {
      alerts.observeAttempt(refused(1, { urgent: true, error: 'answered 404 Not Found' }));
      alerts.observeAttempt(attempted());
      alerts.observeAttempt(refused(1, { urgent: true, at: at + 59 * MINUTES }));
      alerts.observeAttempt(refused(5, { at: at + 59 * MINUTES }));
      alerts.observeAttempt(attempted({ ...held, failures: 5 }));
      alerts.observeAttempt(refused(1));
      alerts.observeAttempt(attempted());
      alerts.observeAttempt(refused(1, { urgent: true, at: at + HOURS }));
    });
    assert.deepEqual(
      all.map(({ type }) => type.replace('pollhook.webhook.', '')),
      ['failing', 'recovered', 'failing', 'held', 'recovered', 'failing'],
    );
    assert.match(String(all[0]?.data.message), /^answered 404 Not Found; /);
    assert.equal(all[0]?.data.webhook, 'agent');
    assert.match(String(all[3]?.data.message), /^answered 410 Gone: .*pollhook resume agent$/);
    assert.deepEqual(all[4]?.data.was, ['failing', 'held']);
  });

  test('a flood of dead letters: the first at once, the others once an hour, none forgotten at the end', async () => {
    await using place = await createPlace(openSqliteStore);
    const { clock, store } = place;
    const { alerts } = await alerting(store, clock, 'ops');
    const dead = () => alerts.observeAttempt(deadLetter(clock.now()));
    for (let count = 0; count < 100; count += 1) dead();
    await clock.advance(HOURS - 1);
    alerts.flush();
    assert.equal((await owed(store)).length, 1);
    await clock.advance(1);
    alerts.flush();
    for (let count = 0; count < 7; count += 1) dead();
    await alerts.stop();
    const all = await owed(store);
    assert.deepEqual(
      all.map(({ type, data }) => [type, data.count]),
      [1, 99, 7].map((count) => ['pollhook.delivery.dead', count]),
    );
    assert.equal(
      all[0]?.data.message,
      'a tickets.updated event could not be delivered after 4 attempts: answered 500 Internal Server Error; kept, sent again by: pollhook retry agent/evt_1',
    );
    assert.equal(all[0]?.data.delivery, 'agent/evt_1');
  });

  test('a configuration that is refused, and one that is taken', async () => {
    const all = await told(({ alerts }) => {
      alerts.configRejected(['config.yaml:3:1 sources.a: unknown key', `config.yaml:4:1 ${SECRET}`]);
      alerts.configReloaded(['source tickets: every']);
    });
    assert.deepEqual(
      all.map(({ type, data: { sequence, ...data } }) => [type, data]),
      [
        [
          'pollhook.config.rejected',
          {
            message: 'the configuration has 2 mistakes; the one before stays in force',
            problems: ['config.yaml:3:1 sources.a: unknown key', 'config.yaml:4:1 [secret]'],
          },
        ],
        [
          'pollhook.config.reloaded',
          { message: 'the changed configuration is in force: 1 change', changes: ['source tickets: every'] },
        ],
      ],
    );
  });

  test('no secret, however it came into a message', async () => {
    const why = failure('FETCH_STATUS', `answered 500 to ?key=${SECRET}`);
    const all = await told(({ alerts }) => alerts.observePoll(failed(3, { failure: why })));
    assert.equal(all[0]?.data.message, '3 polls in a row failed: answered 500 to ?key=[secret]');
  });
});
