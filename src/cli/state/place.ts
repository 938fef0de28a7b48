import type { StateLocation } from '../../config/document.ts';

/** Where a state is, for people. */
export function describePlace(state: StateLocation): string {
  return state.kind === 'json' ? `${state.folder} (JSON files)` : `${state.file} (SQLite)`;
}

/** What is said where there is no state. */
export function nothingAt(state: StateLocation): string {
  return `there is no state yet at ${describePlace(state)}: it begins when the daemon starts\n`;
}
