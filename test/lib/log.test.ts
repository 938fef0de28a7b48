import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { createLog } from '../../src/lib/log.ts';
import { Redactor } from '../../src/lib/redact.ts';

/** What is written, where a terminal with or without colours is, or none. */
function written(
  terminal: { isTTY?: boolean; hasColors?: () => boolean },
  format: 'auto' | 'json' | 'pretty',
) {
  const destination = Object.assign(new PassThrough(), terminal);
  const redactor = new Redactor(['the-secret']);
  const log = createLog({ level: 'info', format, redactor, destination });
  log.logger.child({ source: 's' }).warn('told the-secret');
  return { log, destination, text: () => String(destination.read() ?? '') };
}

test('for people on a terminal, in colours where they are wanted (NO_COLOR, TERM); lines of JSON elsewhere', () => {
  assert.ok(
    written({ isTTY: true, hasColors: () => true }, 'auto')
      .text()
      .includes('\x1b[3'),
  );
  const plain = written({ isTTY: true, hasColors: () => false }, 'auto').text();
  assert.match(plain, /^\[\d\d:\d\d:\d\d\] WARN: told /);
  assert.ok(!plain.includes('\x1b'));
  assert.ok(!written({}, 'pretty').text().includes('\x1b'));
  assert.equal(JSON.parse(written({}, 'auto').text()).source, 's');
  for (const format of ['json', 'pretty'] as const)
    assert.ok(!written({}, format).text().includes('the-secret'), format);
});

test('level and format change while it is written, for children that there are, too', () => {
  const { log, destination, text } = written({}, 'json');
  const child = log.logger.child({ source: 's' });
  log.configure({ level: 'error', format: 'json' });
  text();
  child.warn('not told');
  assert.equal(text(), '');
  log.configure({ level: 'debug', format: 'pretty' });
  child.debug('told');
  assert.match(text(), /DEBUG: told/);
  const listeners = () => destination.eventNames().map((name) => destination.listenerCount(name));
  const before = listeners();
  for (const format of ['json', 'pretty'] as const) log.configure({ level: 'debug', format });
  child.debug('once more');
  assert.deepEqual(listeners(), before);
});

test('what nobody reads is bounded, and told once somebody reads again', async () => {
  const lines: string[] = [];
  const { promise: read, resolve } = Promise.withResolvers<void>();
  const destination = new Writable({
    write(line, _, done) {
      lines.push(String(line));
      void read.then(() => done());
    },
  });
  const { logger } = createLog({ level: 'info', format: 'json', redactor: new Redactor([]), destination });
  for (let line = 0; line < 100; line += 1) logger.info('x'.repeat(100_000));
  assert.ok(destination.writableLength < 4_200_000, String(destination.writableLength));
  resolve();
  await once(destination, 'drain');
  const dropped = 100 - lines.length;
  logger.info('again');
  await once(destination.end(), 'finish');
  const told = lines.slice(-2).map((line) => JSON.parse(line).msg);
  assert.deepEqual(told, [`${dropped} lines of the log dropped: nobody read them in time`, 'again']);
});
