import { dirname, relative, resolve } from 'node:path';
import type { Config, StateLocation } from '../../config/document.ts';
import { locateState } from '../../config/location.ts';
import { PollhookError } from '../../errors.ts';
import { type Moved, moveState } from '../../store/move.ts';
import type { Io } from '../io.ts';
import { load } from '../load.ts';
import { lineOfState } from './config-line.ts';
import { describePlace } from './place.ts';

export interface MoveCommand {
  readonly config: string;
  readonly json?: boolean;
}

/**
 * The command `state move`: copies the state to another kind or place, and says what to change in the configuration.
 */
export async function move(to: string, { config: file, json = false }: MoveCommand, io: Io): Promise<0> {
  const { config } = load(file, io);
  const located = locateState(to, process.cwd());
  if (located.kind === 'invalid') {
    throw new PollhookError('USAGE', `${JSON.stringify(to)}: ${located.message}; ${located.hint}`);
  }
  const moved = await moveState(config.state, located.state);
  const text = textOf(located.state, dirname(config.file));
  if (json) io.out(`${JSON.stringify({ from: config.state, to: located.state, state: text, ...moved })}\n`);
  else io.out(describe(config, located.state, moved) + whatToChange(config, text, io));
  return 0;
}

function describe({ state }: Config, to: StateLocation, moved: Moved): string {
  const counts = Object.entries(moved).map(
    ([what, count]) => `${count} ${count === 1 ? what.slice(0, -1) : what}`,
  );
  return [
    `copied and compared: ${counts.join(', ')}`,
    `  from ${describePlace(state)}, which is as it was`,
    `  to   ${describePlace(to)}\n`,
  ].join('\n');
}

function whatToChange({ file }: Config, text: string, { env }: Io): string {
  const line = lineOfState(file);
  const variable = env.POLLHOOK_STATE ? 'set POLLHOOK_STATE, or ' : '';
  const change = line === null ? `${variable}write this line into ${file}` : `change line ${line} of ${file}`;
  return `what a daemon stores in the original from now on is not in the copy: before it starts, ${change}:\n\nstate: ${quoted(text)}\n`;
}

/** The place as written in the configuration: relative to its folder if it is below it. */
function textOf(to: StateLocation, base: string): string {
  const path = to.kind === 'json' ? to.folder : to.file;
  const below = relative(base, path);
  const short = below === '' || below.startsWith('..') || resolve(below) === below ? path : `./${below}`;
  return to.kind === 'json' ? short : `sqlite:${short}`;
}

/** A YAML string without interpolation. */
function quoted(text: string): string {
  const literal = text.replaceAll('${', '$${');
  return /^[\w./:@+-]+$/.test(literal) ? literal : JSON.stringify(literal);
}
