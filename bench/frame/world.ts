import { fork } from 'node:child_process';
import { once } from 'node:events';

/** The process that plays source and receiver. */
export interface World extends AsyncDisposable {
  readonly url: string;
  /** Puts a question of world/main.ts, about one path where it needs one. */
  ask<T>(question: string, path?: string): Promise<T>;
}

export async function openWorld(): Promise<World> {
  const child = fork(new URL('../world/main.ts', import.meta.url), { execArgv: [] });
  const [port] = await once(child, 'message');
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async ask<T>(question: string, path = '') {
      const answer = await fetch(`${url}/ask/${question}?path=${encodeURIComponent(path)}`);
      return (await answer.json()) as T;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, 'exit');
    },
  };
}
