/** A test reporter that writes what the whole suite went through into docs/reliability.md, if all of it passed here. */
import { globSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { basename } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { publish } from './page.ts';
import { KIND_NAMES } from './places.ts';

interface Row {
  readonly file: string;
  readonly suite: string;
  readonly name: string;
  /** As `189 kills`. */
  count: string;
  detail: string;
}

/** Suites of which each try is a random one, so that tries without a violation bound the chance of one. */
const RANDOM = ['killed at random instants', 'the power is cut'];

export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const rows: Row[] = [];
  let suite = '';
  let isWhole = true;
  for await (const { type, data } of events) {
    if (type === 'test:fail') isWhole = false;
    else if (type === 'test:start' && data.nesting === 0) suite = data.name;
    else if (type === 'test:pass') {
      if (data.skip !== undefined) isWhole = false;
      if (data.nesting === 1) {
        rows.push({ file: basename(data.file ?? ''), suite, name: data.name, count: '', detail: '' });
      }
    } else if (type === 'test:diagnostic' && data.nesting === 1) {
      const [row] = rows.slice(-1);
      const [count = '', ...detail] = data.message.split(', ');
      if (row) Object.assign(row, { count, detail: detail.join(', ') });
    }
  }
  const files = new Set(rows.map(({ file }) => file));
  if (!isWhole || globSync('*.crash.ts', { cwd: import.meta.dirname }).some((file) => !files.has(file))) {
    yield 'docs/reliability.md is left as it was: only a whole run without a failure is published.\n';
    return;
  }
  publish('counts', [...table(rows), '', ...bounds(rows), '', machine()]);
  yield 'docs/reliability.md tells of this run.\n';
}

function table(rows: readonly Row[]): string[] {
  const lines = rows.map(({ suite, name, count, detail }) => `| ${suite} | ${name} | ${count} | ${detail} |`);
  return ['| what is done | to what | how often | |', '| --- | --- | --- | --- |', ...lines];
}

/** The rule of three: without a violation in N random tries, one is rarer than 3/N, at a confidence of 95 %. */
function bounds(rows: readonly Row[]): string[] {
  const lines = RANDOM.flatMap((suite) =>
    Object.values(KIND_NAMES).map((kind) => {
      const those = rows.filter((row) => row.suite === suite && row.name.startsWith(kind));
      const tries = those.reduce((sum, { count }) => sum + Number.parseInt(count, 10), 0);
      return `| ${suite} | ${kind} | ${tries} | 0 | ${((3 / tries) * 100).toFixed(1)} % |`;
    }),
  );
  const head = '| random tries | state | N | violations | bound 3/N |';
  return [head, '| --- | --- | --- | --- | --- |', ...lines];
}

function machine(): string {
  const [{ model = 'an unknown processor' } = {}] = cpus();
  return `Node ${process.version}, ${process.platform} ${release()}, ${cpus().length} × ${model}, ${new Date().toISOString().slice(0, 10)}.`;
}
