import assert from 'node:assert/strict';
import { globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { CODES, type Code } from '../../src/errors.ts';
import { FORMAT } from '../../src/store/json/document.ts';
import { encodeLine } from '../../src/store/json/segment.ts';
import { until } from '../fake-clock.ts';
import { type Daemon, launch } from './daemon.ts';
import { listen } from './http.ts';
import { KIND_NAMES, KINDS, type Kind, locationIn, type Scratch, scratch } from './places.ts';
import { finish } from './scene.ts';

const AT_ONCE = 20;

/** A daemon on a state in this folder; `compiled` is where the code that it compiles lies. */
function daemonIn(folder: string, kind: Kind, source: string, compiled = folder): () => Daemon {
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `state: ${JSON.stringify(locationIn(folder, kind))}
server: { listen: false }
sources: { desk: { url: "${source}", every: 100ms, items: items, key: id, initial: emit } }
webhooks: { agent: { url: "${source}", sign: none } }`,
  );
  return () => launch(config, { NODE_COMPILE_CACHE: join(compiled, 'compiled') });
}

/** A source whose only record is another at every poll, and a receiver of what follows. */
async function restlessSource() {
  let count = 0;
  return listen((_, response) => {
    count += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"items":[{"id":1,"n":${count}}]}`);
  });
}

describe('started twice', () => {
  for (const kind of KINDS) {
    for (const state of ['without a state', 'on a state that is there']) {
      test(`${KIND_NAMES[kind]}, ${AT_ONCE} at the same instant ${state}: one runs, the others end with 3`, async (context) => {
        using folder = scratch();
        using other = scratch();
        await using source = await restlessSource();
        const isThere = state !== 'without a state';
        const first = daemonIn(isThere ? folder.path : other.path, kind, source.url, folder.path)();
        assert.ok(await first.says('first snapshot'), first.err);
        await finish(first);
        const start = daemonIn(folder.path, kind, source.url);
        const daemons = Array.from({ length: AT_ONCE }, start);
        context.after(() => {
          for (const daemon of daemons) daemon.send('SIGKILL');
        });
        const all = daemons.map(async (daemon) => ((await daemon.says('started')) ? daemon : null));
        const winners = (await Promise.all(all)).filter((daemon) => daemon !== null);
        assert.equal(winners.length, 1, daemons.map(({ err }) => err).join(''));
        const [winner] = winners;
        for (const daemon of daemons) {
          if (daemon === winner) continue;
          assert.deepEqual(await daemon.ended, { code: 3, signal: null }, daemon.err);
          assert.match(daemon.err, /STATE_LOCKED/);
          assert.ok(daemon.err.includes(folder.path), daemon.err);
        }
        await finish(winner as Daemon);
        context.diagnostic(`${AT_ONCE} starts`);
      });
    }
  }
});

/** Every file of the state but the lock, which says who looked at it last, and what a kill left half written. */
function filesIn(folder: string): Map<string, Buffer> {
  const names = globSync('state*/**', { cwd: folder }).concat(globSync('state*', { cwd: folder }));
  const files = [...new Set(names)].filter(
    (name) => !/lock(\.json)?$|-shm$|\.tmp$/.test(name) && statSync(join(folder, name)).isFile(),
  );
  return new Map(files.sort().map((name) => [name, readFileSync(join(folder, name))]));
}

interface Damage {
  readonly name: string;
  readonly code: Code;
  /** What becomes of the file; the same when it cannot be damaged so. */
  readonly of: (whole: Buffer, file: string) => Buffer;
  readonly spares?: RegExp;
}

const DAMAGES: Readonly<Record<Kind, readonly Damage[]>> = {
  json: [
    { name: 'empty', code: 'STATE_DAMAGED', of: () => Buffer.alloc(0) },
    { name: 'null', code: 'STATE_DAMAGED', of: () => Buffer.from('null\n') },
    // A journal whose end is torn is what a kill leaves, and was not acknowledged.
    { name: 'cut short', code: 'STATE_DAMAGED', of: (whole) => whole.subarray(0, -3), spares: /\.jsonl$/ },
    { name: 'changed by one bit', code: 'STATE_DAMAGED', of: (whole) => flipped(whole, whole.length >> 1) },
    { name: 'of an older format', code: 'STATE_VERSION', of: (whole) => formatted(whole, 0) },
    { name: 'of a newer format', code: 'STATE_VERSION', of: (whole) => formatted(whole, FORMAT + 1) },
  ],
  sqlite: [
    { name: 'empty', code: 'STATE_DAMAGED', of: () => Buffer.alloc(0), spares: /-wal$/ },
    { name: 'null', code: 'STATE_DAMAGED', of: () => Buffer.from('null\n') },
    {
      name: 'cut short',
      code: 'STATE_DAMAGED',
      of: (whole) => whole.subarray(0, whole.length >> 1),
      spares: /-wal$/,
    },
    { name: 'overwritten after its first page', code: 'STATE_DAMAGED', of: scribbled, spares: /-wal$/ },
    { name: 'overwritten in the middle', code: 'STATE_DAMAGED', of: scribbledWithin, spares: /db$/ },
    {
      name: 'of an older format, half migrated',
      code: 'STATE_DAMAGED',
      of: (whole, file) => versioned(whole, file, 0),
      spares: /-wal$/,
    },
    {
      name: 'of a newer format',
      code: 'STATE_VERSION',
      of: (whole, file) => versioned(whole, file, 99),
      spares: /-wal$/,
    },
  ],
};

function flipped(whole: Buffer, at: number): Buffer {
  const copy = Buffer.from(whole);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

function formatted(whole: Buffer, format: number): Buffer {
  const end = whole.indexOf('\n') + 1;
  const head = whole.toString('utf8', 0, end);
  const journal = /\{"pollhook":"outbox".*\}/.exec(head);
  // The head of a journal has a checksum of its own.
  const changed = journal
    ? encodeLine({ ...JSON.parse(journal[0]), format }, 0)
    : Buffer.from(head.replace(/"format":\d+/, `"format":${format}`));
  return Buffer.concat([changed, whole.subarray(end)]);
}

const PAGE = 4096;

/** From the second page on to the end. */
function scribbled(whole: Buffer): Buffer {
  return Buffer.from(whole).fill('scribble', PAGE);
}

/** With commits behind it. */
function scribbledWithin(whole: Buffer): Buffer {
  return Buffer.from(whole).fill('scribble', whole.length >> 2, whole.length >> 1);
}

/** By SQLite itself, so that the file is sound in all but the number. */
function versioned(whole: Buffer, file: string, version: number): Buffer {
  const copy = `${file}.copy`;
  writeFileSync(copy, whole);
  const database = new DatabaseSync(copy);
  database.exec(`PRAGMA journal_mode = DELETE; PRAGMA user_version = ${version}; PRAGMA journal_mode = WAL;`);
  database.close();
  const bytes = readFileSync(copy);
  rmSync(copy);
  return bytes;
}

/** A state as a killed daemon leaves it, with something of everything in it. */
async function leftByKill(desk: Scratch, kind: Kind, source: string): Promise<void> {
  const start = daemonIn(desk.path, kind, source);
  const delivered = (daemon: Daemon) => () => (daemon.out.match(/"msg":"delivered/g) ?? []).length > 3;
  const first = start();
  await until(delivered(first), 'webhooks');
  await finish(first);
  const second = start();
  await until(delivered(second), 'webhooks of a second life');
  second.send('SIGKILL');
  await second.ended;
}

async function assertRefused(daemon: Daemon, file: string, code: Code): Promise<void> {
  if (await daemon.says('started')) {
    daemon.send('SIGKILL');
    assert.fail('it was not refused');
  }
  assert.deepEqual(await daemon.ended, { code: 1, signal: null }, daemon.err);
  assert.ok(daemon.err.includes(file), `${file} is not named: ${daemon.err}`);
  assert.ok(daemon.err.includes(code), daemon.err);
  assert.ok(daemon.err.includes(CODES[code][1]), `no way out is told: ${daemon.err}`);
  assert.equal(daemon.out, '');
}

describe('a damaged state is refused, and left as it was', { concurrency: 2 }, () => {
  for (const kind of KINDS) {
    test(KIND_NAMES[kind], async (context) => {
      using desk = scratch();
      await using source = await restlessSource();
      await leftByKill(desk, kind, source.url);
      const whole = filesIn(desk.path);
      let refusals = 0;
      for (const [name, bytes] of whole) {
        for (const { name: what, code, of, spares } of DAMAGES[kind]) {
          if (spares?.test(name)) continue;
          const file = join(desk.path, name);
          writeFileSync(file, of(bytes, file));
          const damaged = filesIn(desk.path);
          await context.test(`${name}: ${what}`, async () => {
            await assertRefused(daemonIn(desk.path, kind, source.url)(), file, code);
            assert.deepEqual(filesIn(desk.path), damaged);
          });
          for (const [other, content] of whole) writeFileSync(join(desk.path, other), content);
          refusals += 1;
        }
      }
      context.diagnostic(`${refusals} refusals of ${whole.size} files`);
    });
  }
});
