import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { serve, TOKEN } from './fixtures.ts';

const PAGE = new URL('../../src/server/console/page/', import.meta.url);
const files = readdirSync(PAGE).filter((name) => name !== 'index.html');

describe('the files of the console', () => {
  test('are served as they are to whoever may ask at all, with nothing that needs a token', async () => {
    const { ask } = serve({ token: TOKEN });
    for (const [path, name] of [['/', 'index.html'], ...files.map((file) => [`/console/${file}`, file])]) {
      const response = await ask(String(path));
      assert.equal(response.status, 200);
      assert.match(
        String(response.headers.get('content-type')),
        /^text\/(?:html|css|javascript); charset=utf-8$/,
      );
      assert.match(String(response.headers.get('content-security-policy')), /script-src 'self';/);
      assert.equal(await response.text(), readFileSync(new URL(String(name), PAGE), 'utf8'));
    }
    assert.equal((await ask('/api/v1/sources')).status, 401);
    assert.equal((await ask('/', { headers: { origin: 'https://elsewhere.example' } })).status, 403);
  });

  test('are not sent again while they are the same', async () => {
    const { ask } = serve();
    const etag = String((await ask('/console/main.js')).headers.get('etag'));
    const again = await ask('/console/main.js', { headers: { 'if-none-match': etag } });
    assert.deepEqual([again.status, await again.text()], [304, '']);
  });

  test('are these and no others', async () => {
    const { ask } = serve();
    for (const path of [
      '/console/',
      '/console/console.ts',
      '/console/..%2fconsole.ts',
      '/console/page/main.js',
    ])
      assert.equal((await ask(path)).status, 404, path);
  });

  test('name nothing of another host, and write no markup', () => {
    for (const name of [...files, 'index.html']) {
      const text = readFileSync(new URL(name, PAGE), 'utf8').replaceAll('http://www.w3.org/2000/svg', '');
      assert.doesNotMatch(
        text,
        /https?:\/\/|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\son\w+=/,
        name,
      );
    }
  });
});

describe('the first line of the console', async () => {
  const { headline } = await import(String(new URL('headline.js', PAGE)));
  const source = (state: string) => ({ name: 'desk', state });
  const webhook = (state: string, pending = 0, dead = 0) => ({ name: 'agent', state, pending, dead });
  for (const [line, sources, webhooks, rejected] of [
    ['All is well.', [source('ok')], [webhook('ok', 7), webhook('removed')], false],
    ['All is well.', [source('paused')], [webhook('paused', 7)], false],
    ['Source desk fails and 2 dead letters.', [source('failing')], [webhook('ok', 0, 2)], false],
    ['Webhook agent is removed but still owed something.', [source('ok')], [webhook('removed', 1)], false],
    ['The changed configuration is not applied.', [source('ok')], [webhook('ok')], true],
  ] as const) {
    test(`says: ${line} (${sources[0].state}, ${webhooks.map(({ state }) => state).join(', ')})`, () => {
      const { parts } = headline(sources, webhooks, rejected);
      assert.equal(parts.map(({ text }: { text: string }) => text).join(''), line);
    });
  }
});
