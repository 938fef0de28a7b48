import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { move } from './move.ts';
import { reset } from './reset.ts';
import { show } from './show.ts';
import { verify } from './verify.ts';

/** Adds `state …` to the commands. */
export function addStateCommands(
  program: Command,
  file: readonly [flags: string, description: string, value: string],
  io: Io,
  done: (code: number) => void,
): void {
  const state = program.command('state').description('inspect, repair or move the state');
  state
    .command('show [source]')
    .description(
      'show the stored state of all sources and webhooks, or of one source; also while the daemon runs',
    )
    .option(...file)
    .option('--records', "print the source's records, one JSON line each")
    .option('--json', 'print data')
    .action(async (source, options) => done(await show(source, options, io)));
  state
    .command('verify')
    .description('report all problems of the state; also while the daemon runs')
    .option(...file)
    .option('--json', 'print data')
    .action(async (options) => done(await verify(options, io)));
  state
    .command('reset <source...>')
    .description('forget the snapshots of sources, damaged or not: their next poll is a new baseline')
    .option(...file)
    .option('--json', 'print data')
    .action(async (sources, options) => done(await reset(sources, options, io)));
  state
    .command('move <to>')
    .description('copy the state to a folder, or to one file: sqlite:PATH')
    .option(...file)
    .option('--json', 'print data')
    .action(async (to, options) => done(await move(to, options, io)));
}
