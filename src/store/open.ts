import type { StateLocation } from '../config/document.ts';
import type { StateReader, Store, StoreOptions } from './contract.ts';
import { openJsonStore } from './json/open.ts';
import { readJsonState } from './json/read.ts';
import { sourcesInFolder } from './json/salvage.ts';
import { verifyJson } from './json/verify.ts';
import { openSqliteStore } from './sqlite/open.ts';
import { readSqliteState, sourcesInFile } from './sqlite/read.ts';
import { verifySqlite } from './sqlite/verify.ts';

/** Opens the configured state. Throws STATE_… when it cannot be trusted or used. */
export async function openStore(location: StateLocation, options: StoreOptions): Promise<Store> {
  switch (location.kind) {
    case 'json':
      return openJsonStore(location.folder, options);
    case 'sqlite':
      return openSqliteStore(location.file, options);
  }
}

/**
 * Opens the state for reading, without its lock; null if there is none yet. Throws STATE_… when it cannot be trusted.
 */
export async function readState(location: StateLocation): Promise<StateReader | null> {
  switch (location.kind) {
    case 'json':
      return readJsonState(location.folder);
    case 'sqlite':
      return readSqliteState(location.file);
  }
}

/** All problems of a state; an empty list means that there are none. Changes nothing. */
export async function verifyState(location: StateLocation): Promise<StateProblem[]> {
  switch (location.kind) {
    case 'json':
      return verifyJson(location.folder);
    case 'sqlite':
      return verifySqlite(location.file);
  }
}

/** Names of all stored sources, damaged ones included; null if there is no state. */
export async function storedSources(location: StateLocation): Promise<string[] | null> {
  switch (location.kind) {
    case 'json':
      return sourcesInFolder(location.folder);
    case 'sqlite':
      return sourcesInFile(location.file);
  }
}

export interface StateProblem {
  readonly file: string;
  readonly problem: string;
}
