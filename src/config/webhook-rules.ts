import { signingKey } from '../lib/signing-key.ts';
import type { WebhookConfig } from './document.ts';
import { missing } from './explain.ts';
import type { Finding } from './problem.ts';
import { firstAfterMax, headerProblems, type Resolved } from './rules.ts';
import { type Place, step } from './tree.ts';
import { type Fields, fields } from './validate.ts';
import { webhook } from './webhook.ts';

type Valid = Fields<typeof webhook.shape>['valid'];

/** Validates a webhook with its defaults, and checks what its options ask of each other. */
export function resolveWebhook(name: string, place: Place): Resolved<WebhookConfig> {
  const { valid, complete, findings } = fields(webhook.shape, place);
  if (place.tree?.kind !== 'map') return { config: null, findings, warnings: [] };
  const keys = secretProblems(valid, place);
  const all = [
    ...findings,
    ...keys.findings,
    ...urlProblems(valid, place),
    ...headerProblems(step(place, 'headers').tree, `${place.path}.headers`),
    ...reservedHeaders(place),
    ...(valid.probe && valid.probe.first > valid.probe.max ? [firstAfterMax(step(place, 'probe'))] : []),
  ];
  if (all.length > 0 || complete === null) return { config: null, findings: all, warnings: keys.warnings };
  return {
    config: { ...complete, name, secret: complete.secret ?? [] },
    findings: [],
    warnings: keys.warnings,
  };
}

function secretProblems(valid: Valid, place: Place): { findings: Finding[]; warnings: Finding[] } {
  const there = step(place, 'secret');
  if (there.tree === undefined) {
    if (valid.sign !== 'standard') return { findings: [], warnings: [] };
    const hint = `write "secret: \${NAME}", shared with the receiver (openssl rand -base64 32 makes one), or "sign: none"`;
    return { findings: [missing(there, hint)], warnings: [] };
  }
  const findings: Finding[] = [];
  const warnings: Finding[] = [];
  for (const [index, secret] of (valid.secret ?? []).entries()) {
    const one = there.tree.kind === 'list' ? step(there, index) : there;
    const place = { at: one.tree?.at ?? one.at, path: one.path };
    const key = signingKey(secret.reveal());
    if (key.kind === 'invalid') {
      const hint =
        'after whsec_ comes the base64 of 24 to 64 random bytes: echo whsec_$(openssl rand -base64 32)';
      findings.push({ ...place, message: `the secret ${key.reason}`, hint });
    } else if (key.weak) {
      const hint = 'use 24 random bytes or more: openssl rand -base64 32';
      warnings.push({ ...place, message: 'a secret of less than 24 bytes can be guessed', hint });
    }
  }
  return { findings, warnings };
}

function urlProblems(valid: Valid, place: Place): Finding[] {
  if (valid.url === undefined || valid.insecure_http !== false) return [];
  const { protocol, hostname } = new URL(valid.url);
  if (protocol !== 'http:' || isLoopback(hostname)) return [];
  const { tree, at, path } = step(place, 'url');
  const message = 'http:// sends events in the clear to another host';
  return [
    { at: tree?.at ?? at, path, message, hint: 'write https://, or allow it with `insecure_http: true`' },
  ];
}

function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** What receivers read to verify and to tell events apart is never overwritten. */
const RESERVED = /^(?:webhook-(?:id|timestamp|signature)|pollhook-.*)$/i;

function reservedHeaders(place: Place): Finding[] {
  const { tree, path } = step(place, 'headers');
  if (tree?.kind !== 'map') return [];
  return [...tree.entries]
    .filter(([name]) => RESERVED.test(name))
    .map(([name, { at }]) => ({
      at,
      path: `${path}.${name}`,
      message: 'this header is written by pollhook',
      hint: 'choose another name',
    }));
}
