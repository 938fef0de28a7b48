import { type Command, InvalidArgumentError, Option } from 'commander';
import { DROPPABLE, RETRIABLE } from '../../server/api/bulk.ts';
import { parseSince } from '../../server/api/parameters.ts';
import { DELIVERY_VIEW_STATES, SOURCE_STATES, WEBHOOK_STATES } from '../../server/api/schemas.ts';
import type { Io } from '../io.ts';
import { pauseOrResume, reload, replay, resync, steerSource } from './actions.ts';
import { listDeliveries, listEvents, listSources, listWebhooks } from './lists.ts';
import { settle } from './settle.ts';

const URL_OPTION = [
  '--url <url>',
  'address of the daemon; its token then comes from $POLLHOOK_TOKEN, else the configuration',
] as const;

/** Adds the commands that talk to the running daemon. */
export function addClientCommands(
  program: Command,
  file: readonly [flags: string, description: string, value: string],
  io: Io,
  done: (code: number) => void,
): void {
  const command = (usage: string, description: string) =>
    program
      .command(usage)
      .description(description)
      .option(...file)
      .option(...URL_OPTION);
  const list = (usage: string, description: string, limit?: number) =>
    command(usage, description)
      .option('--limit <count>', 'maximum number of items', whole, limit)
      .option('--json', 'print data');

  list('sources', 'the sources and how they stand')
    .addOption(stateOption(SOURCE_STATES))
    .action(async (options) => done(await listSources(options, io)));
  list('webhooks', 'the webhooks and what they are owed')
    .addOption(stateOption(WEBHOOK_STATES))
    .action(async (options) => done(await listWebhooks(options, io)));
  list('events', 'events that are kept, the newest first', 50)
    .option('--source <name>', 'of this source')
    .option('--webhook <name>', 'with a delivery to this webhook')
    .option('--type <type>', 'of this type')
    .option('--since <time>', 'then or later: a time, or how long ago (2h)', since)
    .action(async (options) => done(await listEvents(options, io)));
  list('deliveries', 'deliveries that are kept, the newest first', 50)
    .addOption(stateOption(DELIVERY_VIEW_STATES))
    .option('--source <name>', 'of events of this source')
    .option('--webhook <name>', 'to this webhook')
    .option('--since <time>', 'then or later: a time, or how long ago (2h)', since)
    .action(async (options) => done(await listDeliveries(options, io)));

  const settling = (verb: 'retry' | 'drop', description: string, states: readonly string[]) =>
    command(`${verb} [id...]`, description)
      .addOption(new Option('--state <state>', 'instead of ids: all in this state').choices(states))
      .option('--source <name>', 'with --state: of events of this source')
      .option('--webhook <name>', 'with --state: to this webhook')
      .option('--since <time>', 'with --state: committed then or later: a time, or how long ago (2h)', since)
      .action(async (ids, options) => done(await settle(verb, ids, options, io)));
  settling('retry', 'make dead, dropped or waiting deliveries due now', RETRIABLE);
  settling('drop', 'give up dead or waiting deliveries', DROPPABLE);
  command('replay <webhook>', 'deliver kept events again, under the same ids')
    .requiredOption('--since <time>', 'those committed then or later: a time, or how long ago (2h)', since)
    .action(async (webhook, options) => done(await replay(webhook, options, io)));
  command('resync <webhook> <source>', 'send the current snapshot as <source>.snapshot events').action(
    async (webhook, source, options) => done(await resync(webhook, source, options, io)),
  );
  command('approve <source>', 'accept an answer that is in doubt').action(async (name, options) =>
    done(await steerSource('approve', name, options, io)),
  );
  command('reject <source>', 'keep the baseline, without further alerts about this doubt').action(
    async (name, options) => done(await steerSource('reject', name, options, io)),
  );
  for (const verb of ['pause', 'resume'] as const) {
    const what = verb === 'pause' ? 'stop polling or sending until it is resumed' : 'end a pause, or a hold';
    command(`${verb} <name>`, `${what}: a source or a webhook`)
      .option('--source', 'the source of this name')
      .option('--webhook', 'the webhook of this name')
      .action(async (name, options) => done(await pauseOrResume(verb, name, options, io)));
  }
  command('reload', 'read the configuration again, and print what changed')
    .option('--json', 'print data')
    .action(async (options) => done(await reload(options, io)));
}

function stateOption(states: readonly string[]): Option {
  return new Option('--state <state>', 'in this state').choices(states);
}

function whole(text: string): number {
  if (/^\d{1,7}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('a whole number from 1 is needed.');
}

function since(text: string): string {
  if (parseSince(text)) return text;
  throw new InvalidArgumentError(
    'a time is written like 2026-11-21T09:30:00Z or 2026-11-21, a duration like 30m or 2d.',
  );
}
