import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, Site, told } from './site.ts';

interface Row {
  readonly id: number;
  readonly v: number;
  readonly t: string | number;
}

const LIST = 'url: URL/items\nitems: items\nkey: id\n';
const INCREMENTAL = `${LIST}incremental: { cursor: t, param: since }`;
const HOUR = 3_600_000;

/** A desk whose records know when they were changed, and that gives those changed since a time, or after it. */
class Desk {
  rows: Row[] = [];
  inclusive = true;
  readonly since: (string | null)[] = [];

  readonly answer: Answer = (query) => {
    const since = query.get('since');
    this.since.push(since);
    if (since === null) return { items: this.rows };
    const from = Date.parse(since);
    return {
      items: this.rows.filter(({ t }) =>
        this.inclusive ? Date.parse(String(t)) >= from : Date.parse(String(t)) > from,
      ),
    };
  };

  put(id: number, v: number, t: string | number): void {
    this.rows = [...this.rows.filter((row) => row.id !== id), { id, v, t }];
  }

  remove(id: number): void {
    this.rows = this.rows.filter((row) => row.id !== id);
  }
}

const at = (site: Site, ago = 0) => new Date(site.clock.now() - ago).toISOString();

async function opened(options = INCREMENTAL): Promise<{ desk: Desk; site: Site }> {
  const desk = new Desk();
  return { desk, site: await Site.open(options, desk.answer) };
}

describe('an incremental source', () => {
  test('asks for everything once, then for what changed since the newest record, and a little more', async () => {
    const { desk, site } = await opened();
    await using _ = site;
    desk.put(1, 1, at(site, HOUR));
    desk.put(2, 1, at(site, 2 * HOUR));
    await site.see();
    desk.put(3, 1, at(site));
    const changed = Date.parse(at(site));
    assert.deepEqual(told(await site.see()), ['created 3']);
    desk.put(2, 2, at(site));
    assert.deepEqual(told(await site.see()), ['updated 2']);
    assert.deepEqual(told(await site.see()), []);
    const iso = (time: number) => `${new Date(time - 300_000).toISOString().slice(0, 19)}Z`;
    assert.deepEqual(desk.since, [null, iso(changed - 60_000 - HOUR), iso(changed), iso(changed + 60_000)]);
    assert.deepEqual(await site.keys(), ['1', '2', '3']);
  });

  test('skips no record with the time of another one, even if the server leaves out that time itself', async () => {
    const { desk, site } = await opened();
    await using _ = site;
    desk.inclusive = false;
    const same = at(site);
    desk.put(1, 1, same);
    await site.see();
    desk.put(2, 1, same);
    assert.deepEqual(told(await site.see()), ['created 2']);
  });

  test('takes what it does not show for unchanged, and finds deletions by complete fetches', async () => {
    const { desk, site } = await opened(`${LIST}incremental: { cursor: t, param: since, full_every: 1h }`);
    await using _ = site;
    for (let id = 1; id <= 9; id += 1) desk.put(id, 1, at(site, 2 * HOUR));
    await site.see();
    const full = site.clock.now();
    desk.remove(9);
    assert.deepEqual(told(await site.see()), []);
    // The record has to be missing twice, so the next fetch is complete again, and then no more.
    assert.deepEqual(told(await site.see(HOUR)), []);
    const second = await site.see();
    assert.deepEqual(told(second), ['deleted 9']);
    assert.deepEqual(second.detected.changes[0]?.window, { after: full, by: full + 60_000 + HOUR });
    await site.see();
    assert.deepEqual(
      desk.since.map((since) => since === null),
      [true, false, true, true, false],
    );
  });

  test('finds an edit with an old time, and says since when it may be', async () => {
    const { desk, site } = await opened(`${LIST}incremental: { cursor: t, param: since, full_every: 1h }`);
    await using _ = site;
    desk.put(1, 1, at(site, 9 * HOUR));
    desk.put(2, 1, at(site));
    await site.see();
    const full = site.clock.now();
    await site.see();
    desk.put(1, 2, at(site, 9 * HOUR));
    await site.see();
    const found = await site.see(HOUR);
    assert.deepEqual(told(found), ['updated 1']);
    assert.equal(found.detected.changes[0]?.window.after, full);
  });

  test('keeps its cursor with its snapshot: after a restart nothing is skipped or fetched again', async () => {
    const { desk, site } = await opened();
    await using _ = site;
    desk.put(1, 1, at(site, HOUR));
    await site.see();
    desk.put(1, 2, at(site));
    await site.see();
    const { cursor } = (await site.store.source('s')) ?? {};
    assert.ok(cursor);
    await site.configure(INCREMENTAL);
    desk.put(2, 1, at(site));
    assert.deepEqual(told(await site.see()), ['created 2']);
    assert.deepEqual(
      desk.since.map((since) => since === null),
      [true, false, false],
    );
  });

  test('does not move on in a poll that fails', async () => {
    const { desk, site } = await opened();
    await using _ = site;
    desk.put(1, 1, at(site, HOUR));
    await site.see();
    desk.put(2, 1, at(site));
    site.answer = (_query, _request, response) => void response.writeHead(500).end();
    await site.fail();
    site.answer = desk.answer;
    assert.deepEqual(told(await site.see(HOUR)), ['created 2']);
  });

  const others: [name: string, options: string][] = [
    ['another request', `${INCREMENTAL}\nquery: { all: 1 }`],
    ['other comparison settings', `${INCREMENTAL}\nignore: [x]`],
  ];
  for (const [name, options] of others) {
    test(`asks for everything after ${name}`, async () => {
      const { desk, site } = await opened();
      await using _ = site;
      desk.put(1, 1, at(site));
      await site.see();
      await site.configure(options);
      await site.see();
      assert.deepEqual(desk.since, [null, null]);
    });
  }

  test('goes on asking for everything while there is nothing to go by', async () => {
    const { desk, site } = await opened();
    await using _ = site;
    await site.see();
    desk.put(1, 1, '9999-12-31T00:00:00Z');
    assert.deepEqual(told(await site.see()), ['created 1']);
    desk.put(2, 1, at(site));
    assert.deepEqual(told(await site.see()), ['created 2']);
    assert.deepEqual(desk.since, [null, null, null]);
    desk.put(3, 1, at(site));
    assert.deepEqual(told(await site.see()), ['created 3']);
    assert.notEqual(desk.since[3], null);
  });

  test('is not led astray by a record from the future, nor by our own clock', async () => {
    const { desk, site } = await opened();
    await using _ = site;
    // The system is three hours behind.
    desk.put(1, 1, at(site, 3 * HOUR));
    desk.put(2, 1, '2099-01-01T00:00:00Z');
    await site.see();
    desk.put(3, 1, at(site, 3 * HOUR));
    assert.deepEqual(told(await site.see()), ['created 3']);
  });

  test('without any time that can be read is suspect', async () => {
    const { desk, site } = await opened();
    await using _ = site;
    desk.put(1, 1, 'yesterday');
    const { failure, suspect } = await site.fail();
    assert.deepEqual(
      [failure.message, suspect],
      ['1 record, and no time that can be read at "t" in any', true],
    );
  });

  test('looks back by as long as the fetch took, since pages that were read may change meanwhile', async () => {
    const { desk, site } = await opened();
    await using _ = site;
    desk.put(1, 1, at(site));
    site.answer = async (...all) => {
      const items = desk.answer(...all);
      await site.clock.advance(20_000);
      return items;
    };
    await site.see(0);
    site.answer = desk.answer;
    const newest = Date.parse(String(desk.rows[0]?.t));
    await site.see();
    assert.equal(desk.since[1], `${new Date(newest - 320_000).toISOString().slice(0, 19)}Z`);
  });

  test('in a body', async () => {
    const bodies: unknown[] = [];
    const options = `${LIST}method: POST\nbody: { q: a }\nincremental: { cursor: t, param: filter.since, format: epoch, inject: body }`;
    await using site = await Site.open(options, async (_query, request) => {
      bodies.push(JSON.parse(Buffer.concat(await request.toArray()).toString()));
      return { items: [{ id: 1, t: 1_795_000_000 }] };
    });
    await site.see();
    await site.see();
    assert.deepEqual(bodies, [{ q: 'a' }, { q: 'a', filter: { since: 1_794_999_700 } }]);
  });
});
