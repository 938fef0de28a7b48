import type { StateLocation } from '../../config/document.ts';

/** The location of a state, for messages. */
export function describePlace(state: StateLocation): string {
  return state.kind === 'json' ? `${state.folder} (JSON files)` : `${state.file} (SQLite)`;
}

/** The message if there is no state. */
export function nothingAt(state: StateLocation): string {
  return `there is no state yet at ${describePlace(state)}: it begins when the daemon starts\n`;
}
