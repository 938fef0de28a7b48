import { createHmac, type KeyObject, sign as signBytes } from 'node:crypto';
import type { CustomSign, PresetName, Sign } from '../../lib/signing/presets.ts';

/**
 * A message to sign. `timestamp` is that of the attempt, in Unix seconds; `body` is the text whose UTF-8 bytes are
 * sent.
 */
export interface Message {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
  /** The type of the event, as a header can carry it. */
  readonly type: string;
}

/** Headers, in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** Makes the headers of a message, with the keys in the order of the secrets. */
type Write = (message: Message, keys: readonly [KeyObject, ...KeyObject[]]) => Headers;

/** How each preset signs, after the documentation of the senders. */
const WRITERS: Readonly<Record<PresetName, Write>> = {
  /** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
  standard: (message, keys) => ({ 'webhook-signature': standard(message, keys) }),

  'standard-ed25519': (message, keys) => {
    const content = Buffer.from(standardContent(message));
    const all = keys.map((key) => `v1a,${signBytes(null, content, key).toString('base64')}`);
    return { 'webhook-signature': all.join(' ') };
  },

  /** https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
  github: ({ id, body, type }, [key]) => ({
    'x-hub-signature-256': `sha256=${hmac(key, body, 'hex')}`,
    'x-github-event': type,
    'x-github-delivery': id,
  }),

  /** https://docs.stripe.com/webhooks#verify-manually */
  stripe: ({ timestamp, body }, keys) => {
    const all = keys.map((key) => `v1=${hmac(key, `${timestamp}.${body}`, 'hex')}`);
    return { 'stripe-signature': [`t=${timestamp}`, ...all].join(',') };
  },

  /** https://shopify.dev/docs/apps/build/webhooks/subscribe/https#step-2-validate-the-origin-of-your-webhook */
  shopify: ({ body }, [key]) => ({ 'x-shopify-hmac-sha256': hmac(key, body, 'base64') }),

  /** https://docs.slack.dev/authentication/verifying-requests-from-slack */
  slack: ({ timestamp, body }, [key]) => ({
    'x-slack-request-timestamp': String(timestamp),
    'x-slack-signature': `v0=${hmac(key, `v0:${timestamp}:${body}`, 'hex')}`,
  }),

  /** https://docs.svix.com/receiving/verifying-payloads/how-manual */
  svix: (message, keys) => ({
    'svix-id': message.id,
    'svix-timestamp': String(message.timestamp),
    'svix-signature': standard(message, keys),
  }),
};

export function writerOf(sign: Sign): Write {
  return typeof sign === 'string' ? WRITERS[sign] : custom(sign);
}

function custom({ header, algorithm, encoding, prefix, content }: CustomSign): Write {
  const name = header.toLowerCase();
  const signed = CONTENTS[content];
  return (message, [key]) => ({ [name]: prefix + hmac(key, signed(message), encoding, algorithm) });
}

const CONTENTS: Readonly<Record<CustomSign['content'], (message: Message) => string>> = {
  body: ({ body }) => body,
  'timestamp.body': ({ timestamp, body }) => `${timestamp}.${body}`,
  'id.timestamp.body': standardContent,
};

function standard(message: Message, keys: readonly KeyObject[]): string {
  const content = standardContent(message);
  return keys.map((key) => `v1,${hmac(key, content, 'base64')}`).join(' ');
}

function standardContent({ id, timestamp, body }: Message): string {
  return `${id}.${timestamp}.${body}`;
}

function hmac(key: KeyObject, content: string, encoding: 'hex' | 'base64', algorithm = 'sha256'): string {
  return createHmac(algorithm, key).update(content).digest(encoding);
}
