import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seconds that a message's timestamp may be off, as the Standard Webhooks libraries allow. */
const TOLERANCE = 5 * 60;

export type Headers = NodeJS.Dict<string[]>;

/** What a receiver makes of a signature; `mistake` says what is most likely wrong, and where to look. */
export type Verdict =
  | { readonly kind: 'verified' }
  | { readonly kind: 'unchecked' }
  | { readonly kind: 'rejected'; readonly mistake: string };

interface Received {
  readonly headers: Headers;
  readonly body: Buffer;
  readonly secrets: readonly string[];
  /** Unix milliseconds. */
  readonly now: number;
}

/**
 * Verifies a Standard Webhooks message as a receiver does, sharing no code with the sender.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-webhook-authenticity
 */
export function verify({ headers, body, secrets, now }: Received): Verdict {
  if (secrets.length === 0) return { kind: 'unchecked' };
  const id = headers['webhook-id']?.[0];
  const timestamp = headers['webhook-timestamp']?.[0];
  const signature = headers['webhook-signature']?.[0];
  const missing = Object.entries({ id, timestamp, signature })
    .filter(([, value]) => !value)
    .map(([name]) => `webhook-${name}`);
  if (!id || !timestamp || !signature)
    return rejected(`no ${missing.join(', ')} header: is the webhook signed?`);
  if (!/^\d{1,12}$/.test(timestamp)) return rejected('webhook-timestamp is not in Unix seconds');

  const given = signature
    .split(' ')
    .filter((part) => part.startsWith('v1,'))
    .map((part) => Buffer.from(part.slice(3), 'base64'));
  if (given.length === 0) return rejected('webhook-signature has no v1 signature');
  const signedBy = (key: Buffer, content: Buffer) => {
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(content).digest();
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  };

  if (!secrets.some((secret) => signedBy(decoded(secret), body))) {
    return rejected(likelyMistake(secrets, body, signedBy));
  }
  const age = Math.floor(now / 1000) - Number(timestamp);
  if (Math.abs(age) <= TOLERANCE) return { kind: 'verified' };
  return age > 0
    ? rejected(`old timestamp: signed ${age} s ago; is it a repeated message, or is a clock wrong?`)
    : rejected(`timestamp ${-age} s in the future: is a clock wrong?`);
}

function rejected(mistake: string): Verdict {
  return { kind: 'rejected', mistake };
}

function decoded(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
}

/** The usual suspects, tried one by one: how the secret was read, and what became of the body on its way. */
function likelyMistake(
  secrets: readonly string[],
  body: Buffer,
  signedBy: (key: Buffer, content: Buffer) => boolean,
): string {
  for (const secret of secrets) {
    const bare = secret.replace(/^whsec_/, '');
    if (signedBy(Buffer.from(secret), body) || signedBy(Buffer.from(bare), body)) {
      return 'wrong secret: the sender used the text of the secret, not the base64 after whsec_';
    }
    if (signedBy(Buffer.from(bare, 'base64'), body))
      return 'wrong secret: the sender has it with whsec_ before it';
    if (signedBy(decoded(secret.trim()), body))
      return 'wrong secret: it has a blank or a line break at its end';
    const compact = compactJson(body);
    if (compact && signedBy(decoded(secret), compact)) {
      return 'body altered: the JSON was formatted anew on its way; the raw bytes are signed';
    }
  }
  return 'wrong secret, or the body was altered on its way';
}

function compactJson(body: Buffer): Buffer | null {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(body.toString())));
  } catch {
    return null;
  }
}
