import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { overlay } from '../../../src/cli/overlay.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createFetcher } from '../../../src/fetch/fetch.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createTransports, routeOf } from '../../../src/lib/http/transport.ts';
import { createPoller } from '../../../src/poll.ts';
import { folder } from '../../config/files.ts';
import { GALLERY } from './gallery.ts';
import { Legacy, look } from './legacy.ts';

const file = join(folder(), 'config.yaml');

/** Polls with what was proposed; gives the changes of each poll as `updated KEY FIELDS`. */
async function changes(yaml: string, before: readonly (() => void)[]): Promise<string[][]> {
  writeFileSync(file, yaml);
  const loaded = loadConfig(file, { POLLHOOK_SECRET: 'a secret that is long enough for all' });
  assert.ok(loaded.kind === 'ok', `${JSON.stringify(loaded)}\n${yaml}`);
  assert.deepEqual(loaded.warnings, []);
  const [source] = loaded.config.sources.values();
  assert.ok(source);
  await using transports = createTransports();
  const common = { clock: systemClock, random: () => 0, version: '0' };
  const fetcher = createFetcher({ ...common, http: transports.dispatcher(routeOf(source)) });
  const poller = createPoller(source, { fetcher, store: overlay(null), clock: systemClock });
  const all: string[][] = [];
  for (const prepare of before) {
    prepare();
    const { poll } = await poller.poll(null, new AbortController().signal);
    assert.ok(poll.kind === 'seen', JSON.stringify(poll));
    all.push(
      poll.detected.changes.map(
        ({ change, key, fields }) => `${change} ${key} ${fields.map(({ path }) => path).join(' ')}`,
      ),
    );
  }
  return all;
}

describe('what init proposes passes check, finds nothing where nothing happened, and exactly what did', () => {
  for (const { name, contentType, at, changed, says, never = [], event } of GALLERY) {
    test(name, async () => {
      let answer = at;
      await using legacy = await Legacy.start((_, response, count) => {
        response.writeHead(200, { 'content-type': contentType }).end(answer(count));
      });
      const { code, out, err } = await look(`${legacy.origin}/list`);
      assert.equal(code, 0, err);
      for (const pattern of says) assert.match(out, pattern);
      for (const pattern of never) assert.doesNotMatch(out, pattern);
      const happens = () => {
        answer = changed;
      };
      const [first, second, third, fourth] = await changes(out, [() => {}, () => {}, happens, () => {}]);
      assert.deepEqual([first, second, fourth], [[], [], []], out);
      assert.equal(third?.length, 1, JSON.stringify(third));
      assert.match(third?.[0] ?? '', event);
    });
  }
});
