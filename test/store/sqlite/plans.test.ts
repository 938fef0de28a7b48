import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { DELIVERY_STATES } from '../../../src/model.ts';
import { createArchive } from '../../../src/store/sqlite/archive.ts';
import { createClaims } from '../../../src/store/sqlite/claims.ts';
import { createInterventions } from '../../../src/store/sqlite/interventions.ts';
import { createOutbox } from '../../../src/store/sqlite/outbox.ts';
import { MIGRATIONS, migrate } from '../../../src/store/sqlite/schema.ts';
import { createStreams } from '../../../src/store/sqlite/streams.ts';
import { createWebhooks } from '../../../src/store/sqlite/webhooks.ts';

test('what runs often searches by an index and sorts nothing', async () => {
  const file = join(tmpdir(), `pollhook-plans-${process.pid}.db`);
  try {
    using database = new DatabaseSync(file);
    migrate(database, file, MIGRATIONS);
    const asked = new Set<string>();
    const recording = new Proxy(database, {
      get(target, member) {
        if (member !== 'prepare') return Reflect.get(target, member, target);
        return (sql: string) => {
          asked.add(sql);
          return target.prepare(sql);
        };
      },
    });
    const webhooks = createWebhooks(recording);
    const streams = createStreams(recording);
    const outbox = createOutbox(recording, webhooks, streams);
    createClaims(recording, webhooks, streams, outbox);
    createInterventions(recording, webhooks, streams, outbox);
    const archive = createArchive(recording);
    for (const newest of [false, true]) {
      for (const webhook of [undefined, 'hook']) {
        const more = { newest, limit: 9, ...(webhook && { webhook }) };
        for (const state of [undefined, ...DELIVERY_STATES])
          archive.deliveries({ ...more, ...(state && { state }), since: 5 });
        for (const filter of [{}, { type: 't' }, { source: 's' }, { since: 5 }])
          archive.events({ ...more, ...filter });
      }
    }
    assert.ok(asked.size > 50, `${asked.size} statements`);
    const slow: string[] = [];
    for (const sql of asked) {
      // A clock that is set back, and another order, ask for the whole outbox.
      if (
        /^\s*(BEGIN|COMMIT|INSERT)|SET next = 0|SET place = [01]\s+WHERE webhook = \?1? AND place/.test(sql)
      )
        continue;
      const plan = database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail));
      // Webhooks are few, and so is what is claimed.
      const wrong = plan.filter((step) =>
        /SCAN (?!w\b|webhooks|CONSTANT ROW|\(sub|o USING INDEX outbox_claimed)|TEMP B-TREE|PRIMARY KEY \(webhook=\?\)$/.test(
          step,
        ),
      );
      const walks =
        /FROM (deliveries d|events e) NOT INDEXED/.test(sql) &&
        wrong.every((step) => /^SCAN [de]$/.test(step));
      // The oldest of an outbox, in the order of its primary key.
      const first = /WHERE (o\.)?webhook = (\?|w\.id) ORDER BY (o\.)?position/.test(sql);
      if (wrong.length > 0 && !walks && !first)
        slow.push(`${wrong.join('; ')}: ${sql.replaceAll(/\s+/g, ' ')}`);
    }
    assert.deepEqual(slow, []);
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${file}${suffix}`, { force: true });
  }
});
