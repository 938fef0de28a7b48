import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Tls } from '../../src/lib/http/tls.ts';
import { Secret } from '../../src/lib/secret.ts';

/**
 * Certificates of the tests, good for a hundred years: `ca.pem` signed `server.pem` (desk.example, 127.0.0.1) and
 * `client.pem`; `cert.pem` is self-signed (localhost, 127.0.0.1).
 */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
}

export function fixture(name: string): string {
  return readFileSync(fixturePath(name), 'utf8');
}

export const SERVER = { cert: fixture('server.pem'), key: fixture('server.key') };

/** Settings that trust the test authority. */
export function trusting(more: Partial<Tls> = {}): Tls {
  return { ca: fixture('ca.pem'), identity: null, serverName: null, insecure: false, ...more };
}

export const CLIENT: Tls['identity'] = {
  cert: fixture('client.pem'),
  key: new Secret(fixture('client.key')),
};
