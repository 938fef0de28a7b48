import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

/** What the figures were measured on, by name. */
export type Machine = Readonly<Record<string, string>>;

/** Packages whose version changes what is measured. */
const PACKAGES = ['undici', 'lowdb', 'pino', '@prometheus-io/client'];

export function machine(now: Date): Machine {
  const packages = PACKAGES.map((name) => `${name} ${versionOf(name)}`);
  return {
    Processor: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores`,
    Memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    System: `${type()} ${release()}`,
    'Node.js': `${process.versions.node} (V8 ${process.versions.v8}, SQLite ${process.versions.sqlite})`,
    Packages: packages.join(', '),
    Date: now.toISOString().slice(0, 10),
  };
}

function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
