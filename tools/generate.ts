import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../src/config/json-schema.ts';
import { errorPage } from './error-page.ts';
import { reference } from './reference.ts';

/** What is written from the description of the options and the table of errors, by its path from the root of the repository. */
const FILES: Readonly<Record<string, () => string>> = {
  'config.schema.json': () => `${JSON.stringify(configSchema(), null, 2)}\n`,
  'docs/configuration.md': reference,
  'docs/errors.md': errorPage,
};

const checking = process.argv.includes('--check');
for (const [name, content] of Object.entries(FILES)) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  if (checking) compare(name, path, content());
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content());
  }
}

function compare(name: string, path: string, content: string): void {
  if (current(path) === content) return;
  console.error(`${name} is not what its description in src gives: run \`npm run generate\``);
  process.exitCode = 1;
}

function current(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
