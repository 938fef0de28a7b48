import { PollhookError } from '../../errors.ts';
import type { StateReader } from '../../store/contract.ts';
import { readState } from '../../store/open.ts';
import type { Io } from '../io.ts';
import { load } from '../load.ts';
import { unknownName } from '../unknown-name.ts';
import { type Overview, overviewOf } from './overview.ts';
import { nothingAt } from './place.ts';
import { describeOverview, describeSource, sourceAsData, webhookAsData } from './show-text.ts';

export interface ShowCommand {
  readonly config: string;
  readonly records?: boolean;
  readonly json?: boolean;
}

/**
 * The command `state show`: shows the stored state, of everything or of one source. Needs no lock and changes
 * nothing.
 */
export async function show(name: string | undefined, options: ShowCommand, io: Io): Promise<0> {
  const { config, redactor } = load(options.config, io);
  if (options.records && name === undefined)
    throw new PollhookError('USAGE', '--records shows those of one source: name it');
  await using state = await readState(config.state);
  const overview = await overviewOf(config, state);
  const source = name === undefined ? null : sourceNamed(overview, name, config.file);
  // Records are shown as receivers get them: redacting secrets would change them.
  if (options.records) {
    if (state && source) await printRecords(state, source.name, io);
    else io.err(nothingAt(config.state));
  } else if (options.json) {
    const { sources, webhooks } = overview;
    const data = source
      ? sourceAsData(source)
      : {
          state: config.state,
          exists: state !== null,
          sources: sources.map(sourceAsData),
          webhooks: webhooks.map(webhookAsData),
        };
    io.out(`${redactor.redact(JSON.stringify(data))}\n`);
  } else if (!state) {
    io.out(nothingAt(config.state));
  } else {
    io.out(redactor.redact(source ? describeSource(source) : describeOverview(config.state, overview)));
  }
  return 0;
}

function sourceNamed({ sources }: Overview, name: string, file: string) {
  const found = sources.find((source) => source.name === name);
  if (found) return found;
  const known = sources.map((source) => source.name);
  throw unknownName('source', [name], known, `, neither in ${file} nor in the state`);
}

/** Values as they are stored, digit for digit. */
async function printRecords(state: StateReader, source: string, io: Io): Promise<void> {
  for await (const batch of state.digests(source)) {
    const values = await state.values(
      source,
      batch.map(([key]) => key),
    );
    const lines = [...values].map(([key, text]) => `{"key":${JSON.stringify(key)},"value":${text}}\n`);
    io.out(lines.join(''));
  }
}
