import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { configSchema } from '../config/json-schema.ts';
import { messageOf, PollhookError } from '../errors.ts';
import { parseDuration } from '../lib/units.ts';
import { VERSION } from '../lib/version.ts';
import { check } from './check.ts';
import { addClientCommands } from './client/command.ts';
import { addCompletion } from './completion.ts';
import { demo } from './demo/demo.ts';
import { init } from './init.ts';
import { createProcessIo, type Io } from './io.ts';
import { listenUntilStopped } from './listen-command.ts';
import { poll } from './poll.ts';
import { run } from './run.ts';
import { send } from './send.ts';
import { addStateCommands } from './state/command.ts';

/** Runs a command line and gives its exit code: 0 done, 1 failed, 2 wrong usage or configuration, 3 state in use. */
export async function main(args: readonly string[], io: Io = createProcessIo()): Promise<number> {
  let code = 0;
  const program = createProgram(io, (result) => {
    code = result;
  });
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return tell(error, io);
  }
}

function createProgram(io: Io, done: (code: number) => void): Command {
  const program = new Command('pollhook')
    .description(
      'Webhooks for systems that have none: polls HTTP APIs, sends signed webhooks when something changed.',
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('(see --help)');
  const file = [
    '-c, --config <file>',
    'configuration file',
    io.env.POLLHOOK_CONFIG || './config.yaml',
  ] as const;

  program
    .command('run')
    .description('the daemon')
    .option(...file)
    .action(async ({ config }) => done(await run(config, io)));
  program
    .command('check')
    .description('validate the configuration and report all mistakes')
    .option(...file)
    .option('--print', 'show the resolved configuration without secrets')
    .option('--json', 'print data')
    .action(({ config, print, json }) => done(check({ file: config, print, json }, io)));
  program
    .command('poll <source>')
    .description('poll once now and show what would change; touches no state and sends nothing unless --live')
    .option(...file)
    .option('--live', 'store the result; its deliveries are sent by the next run')
    .option('--watch', 'keep polling at the interval of the source')
    .option('--json', 'print data')
    .action(async (source, options) => done(await poll(source, options, io)));
  program
    .command('init <url>')
    .description('look at a URL and print a configuration that reads it')
    .option('--header <header...>', "request header, 'Name: value'; may be given several times")
    .option('--polls <count>', 'number of polls', whole(1, 20), 3)
    .addOption(
      new Option('--wait <duration>', 'wait between the polls').argParser(durationOf).default(2_000, '2s'),
    )
    .action(async (url, options) => done(await init(url, options, io)));
  program
    .command('listen')
    .description('a receiver for development: verifies signatures and prints each event')
    .option('--port <port>', 'port on 127.0.0.1', whole(0, 65_535), 9000)
    .option('--secret <secret...>', 'signing secret; default $POLLHOOK_SECRET')
    .option('--sign <how>', 'how messages must be signed, as in the configuration; default: as they are')
    .option(
      '--status <code>',
      'status of all answers; default: 204, and 401 if a signature does not verify',
      whole(200, 599),
    )
    .option('--fail <count>', 'answer the first COUNT messages with 500', whole(0, 1_000_000), 0)
    .option('--delay <duration>', 'wait before each answer', durationOf, 0)
    .action(async (options) => done(await listenUntilStopped(options, io)));
  program
    .command('send <webhook>')
    .description('send a signed test event, show the answer, and find out why if it is refused')
    .option(...file)
    .option('--once', 'send the event once and do not look for the reason of a refusal')
    .option('--json', 'print data')
    .action(async (webhook, options) => done(await send(webhook, options, io)));
  program
    .command('demo')
    .description(
      'a small legacy system, two verifying receivers and the daemon on config.example.yaml, all on this machine',
    )
    .option('--for <duration>', 'stop by itself after this time', durationOf)
    .action(async (options) => done(await demo({ duration: options.for }, io)));
  addClientCommands(program, file, io, done);
  addStateCommands(program, file, io, done);
  program
    .command('schema')
    .description('print the JSON Schema of the configuration, for editors')
    .action(() => io.out(`${JSON.stringify(configSchema(), null, 2)}\n`));
  addCompletion(program, file[2], io);
  // `--config` is accepted by every command, so that an alias can set it for all.
  for (const command of program.commands) {
    if (command.commands.length > 0 || command.options.some(({ long }) => long === '--config')) continue;
    command.option(file[0], 'taken by every command; this one needs none');
  }
  return program;
}

function whole(min: number, max: number) {
  return (text: string): number => {
    if (/^\d+$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
    throw new InvalidArgumentError(`a whole number from ${min} to ${max} is needed.`);
  };
}

function durationOf(text: string): number {
  const duration = parseDuration(text);
  if (duration === null) throw new InvalidArgumentError('a duration is written like 500ms, 30s or 5m.');
  return duration;
}

/** Prints an error with its remedy, unless Commander has printed it already. */
function tell(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof PollhookError) {
    io.err(`pollhook: ${error.message}\n  ${error.remedy} (${error.code})\n`);
    return error.exitCode;
  }
  io.err(`pollhook: ${messageOf(error)}\n  This is a bug: please report it.\n`);
  return 1;
}
