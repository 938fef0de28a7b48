import type { KeyObject } from 'node:crypto';
import type { WebhookConfig } from '../../config/document.ts';
import { PollhookError } from '../../errors.ts';
import { presetOf, type Sign, signName, signsWith } from '../../lib/signing/presets.ts';
import { type Headers, type Message, writerOf } from './presets.ts';

/** The headers, in lower case, that prove where a message comes from. */
export type Signer = (message: Message) => Headers;

/**
 * Makes the signer of a webhook, for all schemes of `sign`, each with all secrets that apply to it, in their order.
 * Keys are parsed once. Throws CONFIG_INVALID for an unusable secret, without showing it.
 */
export function createSigner(webhook: Pick<WebhookConfig, 'name' | 'sign' | 'secret'>): Signer {
  const signers = webhook.sign.map((sign) => signerOf(sign, webhook));
  const [only] = signers;
  if (only && signers.length === 1) return only;
  return (message) => {
    const headers: Record<string, string> = {};
    for (const sign of signers) {
      for (const [name, value] of Object.entries(sign(message))) {
        // Only the Standard Webhooks header is shared: it is a list of signatures with their versions.
        headers[name] = name in headers ? `${headers[name]} ${value}` : value;
      }
    }
    return headers;
  };
}

function signerOf(sign: Sign, webhook: Pick<WebhookConfig, 'name' | 'sign' | 'secret'>): Signer {
  const preset = presetOf(sign);
  const invalid = (reason: string) =>
    new PollhookError('CONFIG_INVALID', `webhooks.${webhook.name}.secret ${reason}`);
  const keys: KeyObject[] = [];
  for (const secret of webhook.secret) {
    const text = secret.reveal();
    if (!signsWith(sign, webhook.sign, text)) continue;
    const read = preset.key(text);
    if (read.kind === 'invalid') throw invalid(read.reason);
    keys.push(read.key);
  }
  const [first, ...others] = keys;
  if (!first) throw invalid(`is missing: sign: ${signName(sign)} needs one`);
  const write = writerOf(sign);
  return (message) => write(message, [first, ...others]);
}
