import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/lib/log.ts';
import { Redactor } from '../../src/lib/redact.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const PLAY = join(EXAMPLES, 'play.js');
const { comparable, scenarios, setUp } = await import(PLAY);

/** The lines of a log that somebody would have to look at. */
function collectWarnings(into: string[]): Writable {
  return new Writable({
    write: (chunk, _encoding, done) => {
      into.push(String(chunk));
      done();
    },
  });
}

describe('every scenario', { concurrency: true }, () => {
  for (const scenario of scenarios as string[]) {
    test(`${scenario}: what arrives is what expected.json says`, async (context) => {
      const scene = await setUp(scenario);
      context.after(() => scene.tearDown());
      const loaded = loadConfig(scene.config, scene.env);
      assert.ok(loaded.kind === 'ok', JSON.stringify(loaded));
      const warnings: string[] = [];
      const redactor = new Redactor([]);
      const destination = collectWarnings(warnings);
      const log = createLogger({ level: 'warn', format: 'json', redactor, destination });
      const app = await startApp({ config: loaded.config, log, redactor });
      try {
        await scene.over;
      } finally {
        await app.stop();
      }
      assert.deepEqual(comparable(scene.received), comparable(scene.expected));
      assert.deepEqual(warnings, []);
    });
  }
});

test('a folder with a stand-in for a legacy system is a scenario', () => {
  const folders = globSync('*/legacy.js', { cwd: EXAMPLES }).map((file) => dirname(file));
  assert.equal(folders.length, 8);
  assert.deepEqual(scenarios.toSorted(), folders.sort());
});

test('one command plays a scenario with the real process', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [PLAY, 'agent-task']);
  assert.match(
    stdout,
    /POST \/hooks\/tasks\n[\s\S]*"type": "task.finished"[\s\S]*This is what expected.json says/,
  );
});
