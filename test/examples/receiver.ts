import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Sign } from '../../src/lib/signing/presets.ts';
import { freePort } from '../free-port.ts';

/** Real milliseconds: many times what a busy machine takes. */
const LONGEST_SILENCE = 60_000;

const FOLDER = join(import.meta.dirname, '../../examples/receivers');

type Command = readonly [command: string, ...args: string[]];

/** A receiver of examples/receivers. In its commands `PORT` stands for a free port, `OUT` for a folder of its own. */
export interface Receiver {
  /** What tells whether its interpreter is there. */
  readonly version: Command;
  readonly build?: Command;
  readonly run: Command;
  /** What handles events, when that is another process. */
  readonly work?: Command;
  readonly path: string;
  readonly sign: Sign;
  /** Whether what it verifies covers the time of the message. */
  readonly timed: boolean;
  /** The variable of the secret before; null when one variable holds all. */
  readonly before: string | null;
}

const STANDARD = { path: '/', sign: 'standard', timed: true, before: null } as const;

export const RECEIVERS: Readonly<Record<string, Receiver>> = {
  Node: {
    ...STANDARD,
    version: [process.execPath, '--version'],
    run: [process.execPath, 'receiver.mjs'],
  },
  Python: { ...STANDARD, version: ['python3', '--version'], run: ['python3', 'receiver.py'] },
  Java: {
    ...STANDARD,
    version: ['java', '--version'],
    run: ['java', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', 'Receiver.java'],
  },
  Go: {
    ...STANDARD,
    version: ['go', 'version'],
    build: ['go', 'build', '-o', 'OUT/receiver', 'receiver.go'],
    run: ['OUT/receiver'],
  },
  PHP: {
    ...STANDARD,
    version: ['php', '--version'],
    run: ['php', '-S', '127.0.0.1:PORT', 'receiver.php'],
    work: ['php', 'receiver.php', 'work'],
  },
  webhook: {
    version: ['webhook', '-version'],
    run: ['webhook', '-template', '-hooks', 'hooks.json.tmpl', '-ip', '127.0.0.1', '-port', 'PORT'],
    path: '/hooks/pollhook',
    sign: 'github',
    timed: false,
    before: 'WEBHOOK_SECRET_BEFORE',
  },
};

/** Why a receiver cannot be run here; false when it can. */
export function missing({ version: [command, ...args] }: Receiver): string | false {
  const { error, status } = spawnSync(command, args, { stdio: 'ignore' });
  return error || status !== 0 ? `${command} is not installed on this machine` : false;
}

/** A receiver under way. */
export interface Running {
  readonly url: string;
  /** What it printed. */
  readonly said: readonly string[];
  /** Waits until it has printed so many lines that match, and gives them; by its pipe, which costs it no time. */
  heard(pattern: RegExp, count: number): Promise<string[]>;
  stop(): Promise<void>;
}

/** Builds and starts a receiver that keeps its inbox in `folder`; resolves once it can be reached. */
export async function run(receiver: Receiver, secrets: readonly string[], folder: string): Promise<Running> {
  const [first = '', second] = secrets;
  const port = await freePort();
  const env = {
    // Go keeps its cache there, and compiles nothing without.
    HOME: folder,
    ...process.env,
    PORT: String(port),
    INBOX: join(folder, 'inbox'),
    WEBHOOK_SECRET: receiver.before === null ? secrets.join(' ') : first,
    ...(receiver.before !== null && second !== undefined && { [receiver.before]: second }),
  };
  const filled = (command: Command) =>
    command.map((part) => part.replace('PORT', String(port)).replace('OUT', folder)) as [string, ...string[]];
  const cwd = receiver.before === null ? FOLDER : join(FOLDER, 'webhook');
  if (receiver.build) {
    const [command, ...args] = filled(receiver.build);
    // Without a cache that may take its time, which is not the others'.
    await promisify(execFile)(command, args, { cwd, env });
  }
  const said: string[] = [];
  const lines = new EventEmitter();
  const children = [receiver.run, ...(receiver.work ? [receiver.work] : [])].map((one) => {
    const [command, ...args] = filled(one);
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        said.push(line);
        lines.emit('line');
      });
    }
    return child;
  });
  const stop = async () => {
    await Promise.all(children.map(ended));
  };
  try {
    await reachable(port, children);
  } catch (error) {
    await stop();
    throw new Error(`it did not start: ${said.join('\n')}`, { cause: error });
  }
  async function heard(pattern: RegExp, count: number): Promise<string[]> {
    for (;;) {
      const matching = said.filter((line) => pattern.test(line));
      if (matching.length >= count) return matching;
      await once(lines, 'line', { signal: AbortSignal.timeout(LONGEST_SILENCE) });
    }
  }
  return { url: `http://127.0.0.1:${port}${receiver.path}`, said, heard, stop };
}

async function reachable(port: number, children: readonly ChildProcess[]): Promise<void> {
  for (;;) {
    if (children.some((child) => child.exitCode !== null)) throw new Error('it ended');
    const socket = connect(port, '127.0.0.1');
    const { promise, resolve } = Promise.withResolvers<boolean>();
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    const answered = await promise;
    socket.destroy();
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
