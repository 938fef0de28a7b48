import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));

test('every production dependency, and nothing else, is justified in CONTRIBUTING', async () => {
  const contributing = await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const section = /## Dependencies\n([\s\S]*?)(?=\n## |$)/.exec(contributing)?.[1] ?? '';
  const justified = [...section.matchAll(/^\| (?!package \||---)([^|]+) \|/gm)].flatMap(([, names = '']) =>
    names.trim().split(', '),
  );
  assert.deepEqual(justified.sort(), Object.keys(manifest.dependencies).sort());
});

/** What npm would publish, unpacked into the node_modules of an empty folder beside the production dependencies only. */
describe('the package', { concurrency: true }, () => {
  let folder = '';
  let files: string[] = [];
  const bin = () => join(folder, 'node_modules/pollhook/bin/pollhook.js');
  const pollhook = (...args: string[]) =>
    run(process.execPath, [bin(), ...args], { cwd: folder, env: { PATH: process.env.PATH } });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pollhook-package-'));
    const staged = join(folder, 'staged');
    await mkdir(staged);
    const built = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package.json', 'README.md', 'LICENSE'];
    for (const name of [...built, ...manifest.files])
      if (name !== 'dist') await cp(join(ROOT, name), join(staged, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(staged, 'node_modules'));
    await run('npm', ['run', 'build'], { cwd: staged });

    const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: staged,
    });
    const [{ filename, files: list }] = JSON.parse(packed.stdout);
    files = list.map(({ path }: { path: string }) => path);
    const modules = join(folder, 'node_modules');
    await mkdir(join(modules, 'pollhook'), { recursive: true });
    await run('tar', [
      '-xzf',
      join(folder, filename),
      '--strip-components=1',
      '-C',
      join(modules, 'pollhook'),
    ]);
    for (const name of Object.keys(manifest.dependencies)) {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      await symlink(join(ROOT, 'node_modules', name), join(modules, name));
    }
  });

  after(() => rm(folder, { recursive: true, force: true }));

  test('holds what runs and what the README links to, no tests, no sources, nothing private', () => {
    for (const file of ['bin/pollhook.js', 'dist/cli/main.js', 'config.schema.json', 'README.md', 'LICENSE'])
      assert.ok(files.includes(file), file);
    assert.deepEqual(
      files.filter((file) => /^(?:src|test|bench|tools|data)\/|\.ts$|\.env/.test(file)),
      [],
    );
  });

  test('tells its version', async () => {
    assert.equal((await pollhook('--version')).stdout.trim(), manifest.version);
  });

  test('checks a configuration', async () => {
    const config = join(folder, 'config.yaml');
    await writeFile(
      config,
      `sources: { one: { url: "https://example.com/" } }
webhooks: { hook: { url: "https://example.com/hook", sign: none } }
`,
    );
    await pollhook('check', '-c', config);
    await writeFile(config, 'sources: { one: { uri: "https://example.com/" } }\n');
    await assert.rejects(pollhook('check', '-c', config), { code: 2 });
  });

  test('demonstrates itself', async () => {
    const { stdout } = await pollhook('demo', '--for', '3s');
    assert.match(stdout, /tickets: first snapshot: \d+ records/);
  });
});
