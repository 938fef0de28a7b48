import type { StateLocation } from '../config/document.ts';
import { PollhookError } from '../errors.ts';
import type { Salvaged, StoreOptions } from './contract.ts';
import { salvageJson } from './json/salvage.ts';
import { openStore } from './open.ts';

/**
 * Resets sources, also those whose documents are damaged; events, deliveries and counters stay. Gives the sources
 * that had to be salvaged.
 *
 * @throws STATE_LOCKED while the state is in use, STATE_… if something else is damaged
 */
export async function resetSources(
  location: StateLocation,
  names: readonly string[],
  options: StoreOptions,
): Promise<readonly Salvaged[]> {
  try {
    await resetAll(location, names, options);
    return [];
  } catch (error) {
    const damaged = error instanceof PollhookError && error.code === 'STATE_DAMAGED';
    if (!damaged || location.kind !== 'json') throw error;
    const salvaged = await salvageJson(location.folder, names);
    await resetAll(location, names, options);
    return salvaged;
  }
}

async function resetAll(
  location: StateLocation,
  names: readonly string[],
  options: StoreOptions,
): Promise<void> {
  await using store = await openStore(location, options);
  for (const name of names) await store.reset(name);
}
