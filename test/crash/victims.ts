import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StateLocation } from '../../src/config/document.ts';
import type { Death } from './deadly-disk.ts';
import { KINDS, placeIn, type Scratch, scratch } from './places.ts';
import type { Round } from './script.ts';

const VICTIM = join(import.meta.dirname, 'victim.ts');

/** What a victim says of itself, a line each. */
export type Said =
  | { readonly opened: string }
  /** `at`: seconds of the monotonic clock of the machine. */
  | { readonly round: number; readonly operation: number; readonly at: number; readonly result?: unknown }
  | { readonly fatal: string }
  | { readonly failed: string }
  | { readonly closed: true };

/** All that a victim said until it ended. */
export interface Testimony {
  readonly said: readonly Said[];
  readonly signal: NodeJS.Signals | null;
  readonly err: string;
}

export interface VictimOptions {
  readonly location: StateLocation;
  readonly rounds: readonly Round[];
  /** A folder for the script and for compiled code; not the one that is tried. */
  readonly desk: string;
  readonly death?: Death;
  /** After the script it waits for its end instead of closing the state. */
  readonly stays?: boolean;
  /** A command to start it under, with arguments. */
  readonly under?: readonly string[];
}

export interface Victim {
  readonly ended: Promise<Testimony>;
  /** Resolves once it has said so many lines, or has ended. */
  heard(lines: number): Promise<void>;
  kill(): void;
}

/** A desk on which code lies compiled: those that are killed leave none behind. */
export async function prepareDesk(): Promise<Scratch> {
  const desk = scratch();
  for (const kind of KINDS) {
    await startVictim({
      location: placeIn(join(desk.path, 'rehearsal', kind), kind),
      rounds: [],
      desk: desk.path,
    }).ended;
  }
  return desk;
}

export function startVictim({ location, rounds, desk, death, stays, under = [] }: VictimOptions): Victim {
  const script = join(desk, 'script.json');
  writeFileSync(script, JSON.stringify(rounds));
  const args = [VICTIM, JSON.stringify(location), script, JSON.stringify({ death, stays })];
  const [command = '', ...rest] = [...under, process.execPath, ...args];
  const child = spawn(command, rest, {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: join(desk, 'compiled'),
      // Calls are counted for each thread: with one for all that waits for the disk, each of them has its number.
      ...(under.length > 0 && { UV_THREADPOOL_SIZE: '1' }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Said[] = [];
  const listeners = new Set<() => void>();
  let partial = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    const lines = (partial + chunk).split('\n');
    partial = lines.pop() ?? '';
    said.push(...lines.map((line) => JSON.parse(line)));
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const { promise: ended, resolve } = Promise.withResolvers<Testimony>();
  child.on('close', (_, signal) => resolve({ said, signal, err }));
  return {
    ended,
    heard(lines) {
      return new Promise((hear) => {
        const look = () => {
          if (said.length < lines) return;
          listeners.delete(look);
          hear();
        };
        listeners.add(look);
        void ended.then(() => hear());
        look();
      });
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
