import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Tls } from '../lib/http/tls.ts';
import { reveal, Secret } from '../lib/secret.ts';
import type { TlsOptions } from './access.ts';
import type { Finding } from './problem.ts';
import { readText } from './read.ts';
import { at } from './rules.ts';
import { type Place, step } from './tree.ts';

/** Bytes: a bundle of all public authorities takes a quarter of it. */
const LARGEST = 1_000_000;

interface ReadTls {
  /** Null if there is a mistake. */
  readonly tls: Tls | null;
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/**
 * Reads the files of `tls`, so that a wrong one is found when the configuration is checked.
 *
 * @param locate gives the absolute path of a file
 */
export function readTls(options: TlsOptions, place: Place, locate: (path: string) => string): ReadTls {
  const findings: Finding[] = [];
  const warnings: Finding[] = [];

  /** The PEM of an option, once `parse` accepts it. */
  function read<T>(
    name: 'ca' | 'cert' | 'key',
    parse: (pem: string) => T,
    what: string,
  ): { pem: string; parsed: T } | null {
    const value = options[name];
    if (value === undefined) return null;
    const there = step(place, name);
    const pem = pemOf(reveal(value), locate);
    if ('reason' in pem) {
      findings.push(at(there, `the file cannot be read: ${pem.reason}`, 'write its path, or the PEM itself'));
      return null;
    }
    try {
      return { pem: pem.text, parsed: parse(pem.text) };
    } catch (error) {
      findings.push(at(there, ...mistake(error, what)));
      return null;
    }
  }

  const ca = read('ca', certificates, 'a certificate');
  const cert = read('cert', certificates, 'a certificate');
  const key = read('key', createPrivateKey, 'a private key');
  const [leaf] = cert?.parsed ?? [];

  for (const [name, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const) {
    if (options[name] !== undefined && options[other] === undefined) {
      findings.push(
        at(step(place, name), `\`${name}\` needs a \`${other}\``, `add the \`${other}\`, or remove it`),
      );
    }
  }
  if (leaf && key && !leaf.checkPrivateKey(key.parsed)) {
    findings.push(
      at(step(place, 'key'), 'the key is not that of the certificate', 'use the pair that was made together'),
    );
  }
  if (options.insecure) {
    const hint = 'trust its certificate with `ca` instead';
    warnings.push(at(step(place, 'insecure'), 'anybody in between can read and change what is sent', hint));
  }
  if (findings.length > 0) return { tls: null, findings, warnings };
  const identity = cert && key ? { cert: cert.pem, key: new Secret(key.pem) } : null;
  const serverName = options.server_name ?? null;
  return {
    tls: { ca: ca?.pem ?? null, identity, serverName, insecure: options.insecure },
    findings,
    warnings,
  };
}

function pemOf(
  value: string,
  locate: (path: string) => string,
): { readonly text: string } | { readonly reason: string } {
  if (value.includes('-----BEGIN ')) return { text: value };
  const file = readText(locate(value), LARGEST);
  return file.kind === 'ok' ? { text: file.text } : { reason: file.reason };
}

/** All certificates of a PEM text; throws if there is none, or one is damaged. */
function certificates(pem: string): X509Certificate[] {
  const blocks = pem.match(
    /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]*-----END (?:TRUSTED )?CERTIFICATE-----/g,
  );
  if (!blocks) throw new Error('no certificate');
  return blocks.map((block) => new X509Certificate(block));
}

function mistake(error: unknown, what: string): [message: string, hint: string] {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ERR_MISSING_PASSPHRASE' || code === 'ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED') {
    return ['the key is encrypted', 'decrypt it: openssl pkey -in key.pem -out plain.pem'];
  }
  return [
    `this is not ${what} in PEM`,
    `it begins with -----BEGIN; openssl ${what === 'a private key' ? 'pkey' : 'x509 -inform der'} converts others`,
  ];
}
