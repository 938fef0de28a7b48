import type { Config } from '../../config/document.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Salvaged } from '../../store/contract.ts';
import { storedSources } from '../../store/open.ts';
import { resetSources } from '../../store/reset.ts';
import type { Io } from '../io.ts';
import { load } from '../load.ts';
import { unknownName } from '../unknown-name.ts';
import { nothingAt } from './place.ts';

export interface ResetCommand {
  readonly config: string;
  readonly json?: boolean;
}

/**
 * The command `state reset`: forgets the snapshots of sources, so that their next poll is a new baseline. Events and
 * deliveries stay. A damaged document of a source is replaced, and kept beside the new one.
 */
export async function reset(names: readonly string[], options: ResetCommand, io: Io): Promise<0> {
  const { config } = load(options.config, io);
  const stored = await storedSources(config.state);
  refuseUnknown(names, config, stored ?? []);
  if (!stored) {
    if (options.json) io.out(`${JSON.stringify({ sources: [] })}\n`);
    else io.out(nothingAt(config.state));
    return 0;
  }
  const wanted = [...new Set(names)];
  const salvaged = await resetSources(config.state, wanted, {
    clock: systemClock,
    owner: `reset-${process.pid}`,
    // Failures are thrown, too.
    onFatal() {},
  });
  const results = wanted.map((source) => ({
    source,
    stored: stored.includes(source),
    salvaged: salvaged.find((one) => one.source === source) ?? null,
  }));
  if (options.json) io.out(`${JSON.stringify({ sources: results })}\n`);
  else for (const result of results) io.out(describe(result));
  return 0;
}

function refuseUnknown(names: readonly string[], config: Config, stored: readonly string[]): void {
  const known = new Set([...config.sources.keys(), ...stored]);
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw unknownName('source', unknown, [...known], `, neither in ${config.file} nor in the state`);
}

function describe(result: { source: string; stored: boolean; salvaged: Salvaged | null }): string {
  const { source, stored, salvaged } = result;
  if (!stored) return `${source}: nothing is stored of it\n`;
  const lines = [`${source}: reset; its next poll is a new baseline`];
  if (salvaged?.kept) lines.push(`  what was damaged is kept as ${salvaged.kept}`);
  if (salvaged?.gap)
    lines.push(
      `  its last sequence number could not be determined: it continues at ${salvaged.next}, so that no event id comes twice`,
    );
  return `${lines.join('\n')}\n`;
}
