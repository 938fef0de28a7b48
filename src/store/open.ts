import type { StateLocation } from '../config/document.ts';
import type { StateReader, Store, StoreOptions } from './contract.ts';
import { openJsonStore } from './json/open.ts';
import { readJsonState } from './json/read.ts';
import { openSqliteStore } from './sqlite/open.ts';
import { readSqliteState } from './sqlite/read.ts';

/** Opens the state where the configuration says it is. Throws STATE_… when it cannot be trusted or used. */
export async function openStore(location: StateLocation, options: StoreOptions): Promise<Store> {
  switch (location.kind) {
    case 'json':
      return openJsonStore(location.folder, options);
    case 'sqlite':
      return openSqliteStore(location.file, options);
  }
}

/** Looks at the state without owning it; null if there is none yet. Throws STATE_… when it cannot be trusted. */
export async function readState(location: StateLocation): Promise<StateReader | null> {
  switch (location.kind) {
    case 'json':
      return readJsonState(location.folder);
    case 'sqlite':
      return readSqliteState(location.file);
  }
}
