import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../fake-clock.ts';
import { freePort } from '../free-port.ts';

/** Whether there is a real nginx on this machine (Debian: nginx-light). */
export const NGINX = spawnSync('nginx', ['-v']).status === 0;

/** What nginx wrote of a request. */
export interface Logged {
  /** Unix milliseconds. */
  readonly at: number;
  readonly status: number;
  readonly path: string;
}

/** A real nginx that limits requests and answers with an empty list. */
export class Nginx implements AsyncDisposable {
  readonly origin: string;
  readonly #folder: string;
  readonly #child: ReturnType<typeof spawn>;

  private constructor(origin: string, folder: string, child: ReturnType<typeof spawn>) {
    this.origin = origin;
    this.#folder = folder;
    this.#child = child;
  }

  /** @param limit such as `rate=10r/s`, and the options of `limit_req` behind the zone, such as `burst=5 nodelay` */
  static async start(limit: string, options = ''): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'pollhook-nginx-'));
    const port = await freePort();
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  log_format short '$msec $status $uri';
  access_log ${folder}/access.log short;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  limit_req_zone $binary_remote_addr zone=all:1m ${limit};
  limit_req_status 429;
  server {
    listen 127.0.0.1:${port};
    location / { limit_req zone=all ${options}; default_type application/json; try_files /none @list; }
    location @list { default_type application/json; return 200 '[]'; }
  }
}
`,
    );
    const child = spawn('nginx', ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], {
      stdio: 'ignore',
    });
    const nginx = new Nginx(`http://127.0.0.1:${port}`, folder, child);
    await until(
      () =>
        readFile(join(folder, 'pid')).then(
          () => true,
          () => false,
        ),
      'nginx',
    );
    return nginx;
  }

  async log(): Promise<readonly Logged[]> {
    const text = await readFile(join(this.#folder, 'access.log'), 'utf8');
    return text
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [seconds, status, path = ''] = line.split(' ');
        return { at: Number(seconds) * 1000, status: Number(status), path };
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGQUIT');
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
