import type { WebhookConfig } from '../../config/document.ts';
import { ed25519Key, publicBytes } from '../../lib/signing/key.ts';
import { signName, signsWith } from '../../lib/signing/presets.ts';
import { formatDuration } from '../../lib/units.ts';
import { printable } from '../printable.ts';

/** The result of a test event, as `send --json` prints it. */
export interface SendReport {
  readonly webhook: string;
  readonly event_id: string;
  readonly type: string;
  readonly outcome: 'delivered' | 'failed';
  readonly status: number | null;
  readonly duration_ms: number;
  readonly error: string | null;
  /** The first 2 kB of the answer. */
  readonly answer: string | null;
  /** The public keys for receivers of `standard-ed25519`, one per secret. */
  readonly public_keys: readonly string[];
  readonly hints: readonly string[];
}

/** Lines of an answer that are shown at most. */
const MOST_LINES = 20;

/** The report for people. */
export function sendText(report: SendReport, { method, url, sign, format, enabled }: WebhookConfig): string {
  const { type, event_id, outcome, status, error, answer, hints, public_keys } = report;
  const signed = sign.length === 0 ? 'not signed' : `signed: ${sign.map(signName).join(', ')}`;
  const kind = typeof format === 'string' ? format : 'a body of its own';
  const took = `after ${formatDuration(report.duration_ms)}`;
  const lines = [
    `${method} ${url}`,
    `  ${type} ${event_id} (format: ${kind}; ${signed})`,
    ...public_keys.map((key) => `  the public key is ${key}`),
    outcome === 'delivered' ? `delivered: answered ${status} ${took}` : `failed: ${error} ${took}`,
    ...(answer ? answer.split('\n').slice(0, MOST_LINES) : []).map((line) => `  ${line}`),
    ...hints.map((hint) => `→ ${hint}`),
    ...(enabled ? [] : ['the webhook is disabled: the daemon holds its events']),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

export function publicKeys({ sign, secret }: Pick<WebhookConfig, 'sign' | 'secret'>): string[] {
  if (!sign.includes('standard-ed25519')) return [];
  return secret.flatMap((one) => {
    if (!signsWith('standard-ed25519', sign, one.reveal())) return [];
    const read = ed25519Key(one.reveal());
    return read.kind === 'ok' ? [`whpk_${publicBytes(read.key).toString('base64')}`] : [];
  });
}
