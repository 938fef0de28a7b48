import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = join(import.meta.dirname, '../../docs/reliability.md');

/** Replaces what stands between the marks of this name in docs/reliability.md. */
export function publish(name: string, lines: readonly string[]): void {
  const [begin, end] = [`<!-- ${name}: written by the suite -->`, `<!-- end of ${name} -->`];
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no marks for ${name}`);
  const text = `${page.slice(0, from)}${begin}\n${lines.join('\n')}\n${page.slice(to)}`;
  writeFileSync(PAGE, text);
}
