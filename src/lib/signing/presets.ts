import { ed25519Key, type SigningKey, signingKey, textKey } from './key.ts';

/** What a signature scheme requires of secrets and headers; how it signs is in deliver/sign/. */
export interface Preset {
  /** Parses a secret. The preset decides how, not the secret's prefix. */
  readonly key: (secret: string) => SigningKey;
  /** The headers that it writes, in lower case. */
  readonly headers: readonly string[];
  /** Whether a message can carry signatures by several secrets; otherwise only the first one signs. */
  readonly rotates: boolean;
}

export const PRESET_NAMES = [
  'standard',
  'standard-ed25519',
  'github',
  'stripe',
  'shopify',
  'slack',
  'svix',
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** Every preset of wire.md. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  standard: { key: signingKey, headers: ['webhook-signature'], rotates: true },
  'standard-ed25519': { key: ed25519Key, headers: ['webhook-signature'], rotates: true },
  github: {
    key: textKey,
    headers: ['x-hub-signature-256', 'x-github-event', 'x-github-delivery'],
    rotates: false,
  },
  stripe: { key: textKey, headers: ['stripe-signature'], rotates: true },
  shopify: { key: textKey, headers: ['x-shopify-hmac-sha256'], rotates: false },
  slack: { key: textKey, headers: ['x-slack-request-timestamp', 'x-slack-signature'], rotates: false },
  svix: { key: signingKey, headers: ['svix-id', 'svix-timestamp', 'svix-signature'], rotates: true },
};

/** A signature in a custom header. */
export interface CustomSign {
  readonly header: string;
  readonly algorithm: 'sha1' | 'sha256' | 'sha512';
  readonly encoding: 'hex' | 'base64';
  readonly prefix: string;
  readonly content: 'body' | 'timestamp.body' | 'id.timestamp.body';
}

/** A signature scheme; a webhook may have several. */
export type Sign = PresetName | CustomSign;

export function presetOf(sign: Sign): Preset {
  if (typeof sign === 'string') return PRESETS[sign];
  return { key: textKey, headers: [sign.header.toLowerCase()], rotates: false };
}

/** The name of a scheme in messages. */
export function signName(sign: Sign): string {
  return typeof sign === 'string' ? sign : sign.header;
}

/**
 * Whether a scheme signs with a secret. If a webhook has both HMAC and Ed25519 schemes, secrets that begin with
 * `whsk_` are for the latter and all others for the former; else every scheme uses every secret.
 */
export function signsWith(sign: Sign, all: readonly Sign[], secret: string): boolean {
  const asymmetric = all.filter((one) => one === 'standard-ed25519').length;
  if (asymmetric === 0 || asymmetric === all.length) return true;
  return secret.startsWith('whsk_') === (sign === 'standard-ed25519');
}
