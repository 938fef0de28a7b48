import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StateLocation } from '../../src/config/document.ts';

export const KINDS = ['json', 'sqlite'] as const;
export type Kind = (typeof KINDS)[number];

/** What people call it. */
export const KIND_NAMES: Readonly<Record<Kind, string>> = { json: 'JSON files', sqlite: 'SQLite' };

/** Where a state of this kind lies inside a folder. */
export function placeIn(folder: string, kind: Kind): StateLocation {
  return kind === 'json' ? { kind, folder: join(folder, 'state') } : { kind, file: join(folder, 'state.db') };
}

/** The same as a configuration has it. */
export function locationIn(folder: string, kind: Kind): string {
  const place = placeIn(folder, kind);
  return place.kind === 'json' ? place.folder : `sqlite:${place.file}`;
}

/** A folder that goes away with its user. */
export interface Scratch extends Disposable {
  readonly path: string;
}

export function scratch(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'pollhook-crash-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
