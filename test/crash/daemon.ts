import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { COMPILED } from '../compiled.ts';

const POLLHOOK = join(import.meta.dirname, '../../bin/pollhook.js');

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The real daemon in a process of its own. */
export interface Daemon {
  readonly pid: number;
  /** Resolves with true once a line of its log says so, with false if it ends before. */
  says(message: string): Promise<boolean>;
  readonly ended: Promise<Ending>;
  /** All that it wrote so far to its standard output and standard error. */
  readonly out: string;
  readonly err: string;
  send(signal: NodeJS.Signals): void;
}

export function launch(config: string, env: NodeJS.ProcessEnv = {}): Daemon {
  const child = spawn(process.execPath, [POLLHOOK, 'run', '-c', config], {
    env: { PATH: process.env.PATH, ...COMPILED, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { promise: ended, resolve } = Promise.withResolvers<Ending>();
  const listeners = new Set<() => void>();
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  // Not at `exit`, when the last of what it wrote may be unread.
  child.on('close', (code, signal) => resolve({ code, signal }));
  return {
    pid: child.pid ?? 0,
    ended,
    says(message) {
      return new Promise((tell) => {
        const look = () => {
          if (!out.includes(`"msg":"${message}`)) return;
          listeners.delete(look);
          tell(true);
        };
        listeners.add(look);
        void ended.then(() => tell(out.includes(`"msg":"${message}`)));
        look();
      });
    },
    get out() {
      return out;
    },
    get err() {
      return err;
    },
    send: (signal) => void child.kill(signal),
  };
}
