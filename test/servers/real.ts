import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/lib/clock.ts';
import { freePort } from '../free-port.ts';

/** Whether a program is on this machine. */
export function has(program: string, ...version: string[]): boolean {
  return spawnSync(program, version).status === 0;
}

/** A server that nobody here wrote, with a folder of its own, on a free port of this machine. */
export class RealServer implements AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  #child: ChildProcess | null = null;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  static async open(): Promise<RealServer> {
    return new RealServer(await mkdtemp(join(tmpdir(), 'pollhook-real-')), await freePort());
  }

  /** Puts a file into the folder, readable for its owner only, as some programs want of their configuration. */
  async file(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  /** Starts the program and waits until it answers. */
  async start(program: string, ...args: readonly string[]): Promise<void> {
    this.#child = spawn(program, args, { cwd: this.folder, stdio: 'ignore' });
    for (let tries = 0; tries < 1200; tries += 1) {
      const answer = await fetch(this.origin).catch(() => null);
      await answer?.body?.cancel();
      if (answer) return;
      await systemClock.sleep(50);
    }
    throw new Error(`${program} does not answer`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child && this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child?.once('exit', resolve));
      this.#child.kill('SIGTERM');
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
