import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const STAGES = ['config', 'schedule', 'fetch', 'decode', 'detect', 'deliver', 'store'];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Every import between files of src/, as written: the sources keep one import per statement. */
function importsOf(files: readonly string[]): Import[] {
  return files.flatMap((from) => {
    const text = readFileSync(join(ROOT, from), 'utf8');
    const statements = text.matchAll(/^(?:import|export)\s+(type\s)?([^'"]*?)from\s+'(\.[^']+)'/gm);
    return [...statements].map(([, type, names = '', path = '']) => ({
      from,
      to: normalize(join(dirname(from), path)),
      typeOnly: type !== undefined || onlyTypes(names),
    }));
  });
}

function onlyTypes(names: string): boolean {
  const [, listed = ''] = /^\{([^}]*)\}\s*$/.exec(names.trim()) ?? [];
  return listed !== '' && listed.split(',').every((name) => /^\s*(?:type |$)/.test(name));
}

/** The room of a file: its folder under src/, or its own name at the top. */
function roomOf(file: string): string {
  const [, first = '', second] = file.split('/');
  return second === undefined ? first.replace(/\.ts$/, '') : first;
}

/** The rooms whose values, and whose types, a room may import besides its own (architecture.md). */
function allowed(room: string): { readonly values: readonly string[]; readonly types: readonly string[] } {
  const base = ['errors', 'lib'];
  if (room === 'model') return { values: [], types: [] };
  if (room === 'errors') return { values: [], types: [] };
  if (room === 'lib') return { values: ['errors'], types: ['model'] };
  if (STAGES.includes(room)) return { values: base, types: ['model', 'config', 'store'] };
  if (room === 'server') return { values: base, types: ['model', 'config', 'store'] };
  if (room === 'poll')
    return {
      values: [...base, 'schedule', 'fetch', 'decode', 'detect'],
      types: ['model', 'config', 'store'],
    };
  if (room === 'poll-report') return { values: base, types: ['model', 'config', 'detect', 'poll'] };
  if (room === 'resync') return { values: [...base, 'detect'], types: ['model', 'store'] };
  if (room === 'alerts')
    return {
      values: [...base, 'schedule', 'detect', 'deliver'],
      types: ['model', 'config', 'store', 'poll-report'],
    };
  if (room === 'housekeeping') return { values: [...base, 'schedule'], types: ['config', 'store'] };
  if (room === 'watch')
    return { values: [...base, 'schedule', 'poll-report'], types: ['model', 'config', 'detect', 'poll'] };
  if (room === 'live')
    return { values: [...base, 'schedule', 'detect', 'poll', 'watch'], types: ['model', 'config', 'store'] };
  if (room === 'reload')
    return { values: [...base, 'config'], types: ['config', 'alerts', 'deliver', 'live', 'server'] };
  if (room === 'control')
    return {
      values: [...base, 'schedule', 'deliver', 'live'],
      types: ['model', 'config', 'store', 'detect', 'poll-report', 'watch', 'resync', 'server'],
    };
  const all = [
    ...base,
    ...STAGES,
    'poll',
    'poll-report',
    'watch',
    'housekeeping',
    'alerts',
    'resync',
    'live',
    'control',
    'reload',
    'server',
    'app',
  ];
  return { values: all, types: ['model', ...all] };
}

const files = globSync('src/**/*.ts', { cwd: ROOT });
const imports = importsOf(files);

describe('the layers', () => {
  test('are all looked at', () => {
    assert.ok(files.length > 50 && imports.length > files.length);
  });

  test('no file imports from a room that is not open to it', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      const [room, target] = [roomOf(from), roomOf(to)];
      const { values, types } = allowed(room);
      return room !== target && !values.includes(target) && !(typeOnly && types.includes(target));
    });
    assert.deepEqual(
      wrong.map(({ from, to }) => `${from} imports ${to}`),
      [],
    );
  });

  test('no import leads in a circle, types included', () => {
    const next = Map.groupBy(imports, ({ from }) => from);
    const done = new Set<string>();
    const visit = (file: string, way: readonly string[]): void => {
      assert.ok(!way.includes(file), `a circle: ${[...way.slice(way.indexOf(file)), file].join(' → ')}`);
      if (done.has(file)) return;
      for (const { to } of next.get(file) ?? []) visit(to, [...way, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  test('time, chance and sockets are passed in, not taken', () => {
    const taken = /\bDate\.now\(\)|\bperformance\.now\(\)|\bMath\.random\b|\bsetTimeout\(|\bawait fetch\(/;
    // The clock itself; the composition root and the commands, which pass the system's own; notes of a dying process.
    const places = /^src\/(lib\/clock|app|cli\/.*)\.ts$/;
    const wrong = files.filter((file) => !places.test(file) && taken.test(code(file)));
    assert.deepEqual(wrong, []);
  });
});

test('the map in CONTRIBUTING shows every room once, and none that is not there', () => {
  const [, map = ''] =
    /^src\/\n((?: {2}.*\n)+)/m.exec(readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')) ?? [];
  const shown = [...map.matchAll(/^ {2}(\S+)/gm)].map(([, room = '']) => room.replace('/', ''));
  assert.deepEqual(shown.toSorted(), readdirSync(join(ROOT, 'src')).toSorted());
});

test('no file but a table of tests is longer than 300 lines', () => {
  const all = globSync('{src,bench,tools}/**/*.ts', { cwd: ROOT, exclude: ['**/node_modules/**'] });
  const long = all.filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > 301);
  assert.deepEqual(long, []);
});

function code(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
