/** Plants known bugs in copies of the sources, one at a time: the suites must notice each, and must not notice the original. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutVolumes } from './machine.ts';
import { MUTANTS, type Mutant, misplaced, SUITES, type SuiteName } from './mutant-table.ts';
import { publish } from './page.ts';
import { scratch } from './places.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A copy of all that the suites need, in which something may be wrong. */
function copyTo(folder: string, mutant: Mutant | null): void {
  for (const name of ['src', 'bin', 'test', 'package.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, find, replace } of mutant?.edits ?? []) {
    const path = join(folder, file);
    // Not as a pattern: `$` stands for itself.
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(find, () => replace),
    );
  }
}

interface Verdict {
  readonly passed: boolean;
  /** The first thing that was wrong. */
  readonly reason: string;
}

function runSuite(name: SuiteName, mutant: Mutant | null): Verdict {
  const { files, pattern, env } = SUITES[name];
  using place = scratch();
  const folder = join(place.path, 'copy');
  mkdirSync(folder);
  copyTo(folder, mutant);
  const args = ['--test', ...(pattern ? ['--test-name-pattern', pattern] : []), ...files];
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (!/ℹ pass [1-9]|# pass [1-9]/.test(stdout) && status === 0) throw new Error(`${name}: no test ran`);
  const reason = /(?:Error|ERR_ASSERTION)\]?: (.*)/.exec(stdout)?.[1] ?? '';
  return { passed: status === 0, reason: reason.slice(0, 120) };
}

const lost = misplaced(ROOT);
if (lost.length > 0) throw new Error(lost.join('\n'));
const wanted = process.argv.slice(2);
const obstacle = withoutVolumes();
const chosen = MUTANTS.filter(({ bug }) => wanted.length === 0 || wanted.some((word) => bug.includes(word)));
const rows: string[] = [];
let wrong = 0;

function tell(right: boolean, line: string): void {
  console.log(`${right ? '✔' : '✖'} ${line}`);
  if (!right) wrong += 1;
}

for (const name of new Set(chosen.map(({ suite }) => suite))) {
  if (SUITES[name].cutsPower && obstacle) continue;
  const { passed, reason } = runSuite(name, null);
  tell(passed, `nothing planted: ${name} ${passed ? 'passes' : `fails: ${reason}`}`);
}
for (const mutant of chosen) {
  const { bug, suite } = mutant;
  if (SUITES[suite].cutsPower && obstacle) {
    console.log(`- ${bug}: skipped, ${obstacle}`);
    continue;
  }
  const { passed, reason } = runSuite(suite, mutant);
  tell(!passed, `${bug}: ${passed ? `not noticed by ${suite}` : `noticed by ${suite}: ${reason}`}`);
  rows.push(`| ${bug} | ${suite} | ${passed ? '**not noticed**' : 'noticed'} |`);
}
const isWhole = wanted.length === 0 && !obstacle;
if (isWhole && wrong === 0) publish('mutants', ['| planted bug | suite | |', '| --- | --- | --- |', ...rows]);
process.exitCode = wrong === 0 ? 0 : 1;
