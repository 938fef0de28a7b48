import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Hono } from 'hono';

const PAGE = new URL('page/', import.meta.url);

const TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/**
 * Serves the files of the console, read once. They hold no data and need no token; the page asks for it. Browsers
 * revalidate them each time, so that no file of an older version is used after an upgrade.
 */
export function addConsole(routes: Hono): void {
  for (const name of readdirSync(PAGE)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const body = readFileSync(new URL(name, PAGE));
    const headers = {
      'content-type': type,
      'cache-control': 'no-cache',
      etag: `"${hash('sha256', body).slice(0, 32)}"`,
    };
    routes.get(name === 'index.html' ? '/' : `/console/${name}`, (context) => {
      const same = context.req.header('if-none-match') === headers.etag;
      return same ? context.body(null, 304, headers) : context.body(body, 200, headers);
    });
  }
}
