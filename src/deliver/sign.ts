import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { WebhookConfig } from '../config/document.ts';
import { PollhookError } from '../errors.ts';
import type { Secret } from '../lib/secret.ts';
import { signingKey } from '../lib/signing-key.ts';

/** What is signed. `timestamp` is in Unix seconds, of the attempt; `body` is the text whose UTF-8 bytes are sent. */
interface Message {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
}

/** The headers, in lower case, that prove where a message comes from. */
type Signer = (message: Message) => Readonly<Record<string, string>>;

/** One way to sign: how it reads a secret (a text is the reason why it cannot), and what it makes of the keys. */
interface Preset {
  key(secret: string): KeyObject | string;
  headers(message: Message, keys: readonly KeyObject[]): Readonly<Record<string, string>>;
}

const PRESETS: Readonly<Record<Exclude<WebhookConfig['sign'], 'none'>, Preset>> = {
  /** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
  standard: {
    key(secret) {
      const read = signingKey(secret);
      return read.kind === 'ok' ? createSecretKey(read.key) : read.reason;
    },
    headers({ id, timestamp, body }, keys) {
      const content = `${id}.${timestamp}.${body}`;
      const sign = (key: KeyObject) => `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
      return { 'webhook-signature': keys.map(sign).join(' ') };
    },
  },
};

/**
 * Makes the signer of a webhook. With several secrets each message carries a signature by every one, in their order.
 * Throws CONFIG_INVALID for a secret that the preset cannot read, never showing it.
 */
export function createSigner(webhook: Pick<WebhookConfig, 'name' | 'sign' | 'secret'>): Signer {
  const { name, sign, secret: secrets } = webhook;
  if (sign === 'none') return () => ({});
  const preset = PRESETS[sign];
  const invalid = (reason: string) =>
    new PollhookError('CONFIG_INVALID', `webhooks.${name}.secret ${reason}`);
  if (secrets.length === 0) throw invalid(`is missing: sign: ${sign} needs one`);
  const keys = secrets.map((secret: Secret) => {
    const key = preset.key(secret.reveal());
    if (typeof key === 'string') throw invalid(key);
    return key;
  });
  return (message) => preset.headers(message, keys);
}
