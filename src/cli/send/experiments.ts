import type { WebhookConfig } from '../../config/document.ts';
import { createSigner } from '../../deliver/sign/sign.ts';
import { Secret } from '../../lib/secret.ts';
import { type CustomSign, PRESET_NAMES, type Sign } from '../../lib/signing/presets.ts';
import { rewritten } from './rewritten.ts';

/** A signed message. `timestamp` is in Unix seconds. */
interface Message {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
  readonly type: string;
}

/** A variant of the message that only receivers with a certain mistake accept, and what that mistake is. */
export interface Experiment {
  readonly says: string;
  /** Headers, in lower case, that are sent instead of those of the same name. */
  readonly headers: Readonly<Record<string, string>>;
}

type Signing = Pick<WebhookConfig, 'name' | 'sign' | 'secret'>;

/** A message with an invalid signature: it shows whether a refusal is about the signature at all. */
export function forged(webhook: Signing, message: Message): Experiment {
  const body = `${message.body} `;
  return { says: 'it accepts a wrong signature', headers: createSigner(webhook)({ ...message, body }) };
}

/**
 * The known mistakes of receivers, as messages that only such a receiver accepts.
 *
 * @param skew seconds that the receiver's clock is ahead of ours; 0 when it is not known
 */
export function experiments(webhook: Signing, message: Message, skew: number): Experiment[] {
  const signed = (says: string, other: Partial<Signing>, altered: Partial<Message> = {}): Experiment[] => {
    try {
      return [{ says, headers: createSigner({ ...webhook, ...other })({ ...message, ...altered }) }];
    } catch {
      // The secret cannot be read that way.
      return [];
    }
  };
  return [
    ...(skew === 0 ? [] : clock(webhook, message, skew)),
    ...readings(webhook).flatMap(({ says, secret }) => signed(says, { secret })),
    ...rewritten(message.body).flatMap(({ name, body }) =>
      signed(
        `it verifies the body as ${name} after parsing: let it verify the raw bytes, before anything parses them`,
        {},
        { body },
      ),
    ),
    ...PRESET_NAMES.filter((preset) => !webhook.sign.includes(preset)).flatMap((preset) =>
      signed(`it verifies \`sign: ${preset}\`: write that here, or correct the receiver`, { sign: [preset] }),
    ),
    ...webhook.sign.flatMap((sign) =>
      typeof sign === 'string'
        ? []
        : variants(sign).flatMap(({ says, other }) => signed(says, { sign: [other] })),
    ),
  ];
}

/** The message with the time of the receiver's clock. */
function clock(webhook: Signing, message: Message, skew: number): Experiment[] {
  const timestamp = message.timestamp + skew;
  const says = `it accepts the time of its own clock, which is ${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}: correct whichever clock is wrong`;
  const headers = createSigner(webhook)({ ...message, timestamp });
  return [{ says, headers: { ...headers, 'webhook-timestamp': String(timestamp) } }];
}

interface Reading {
  readonly says: string;
  readonly secret: readonly Secret[] & Secret[];
}

/** Other keys that a receiver may have derived from the first secret. */
function readings({ secret: [first], sign }: Signing): Reading[] {
  const text = first?.reveal() ?? '';
  const decodes = sign.some((one) => typeof one === 'string' && (one === 'standard' || one === 'svix'));
  const bare = text.replace(/^whsec_/, '');
  const reading = (says: string, key: Buffer | string): Reading => {
    // Presets that decode base64 can be given any bytes; for the others the bytes have to be text.
    const whole = decodes ? `whsec_${Buffer.from(key).toString('base64')}` : key.toString();
    return { says, secret: [new Secret(whole)] };
  };
  const decoded = Buffer.from(bare, 'base64');
  return [
    ...(decodes && text !== bare
      ? [
          reading('it uses the text of the secret as its key: let it decode the base64 after whsec_', text),
          reading('it uses the text after whsec_ as its key: let it decode that base64', bare),
        ]
      : []),
    ...(decodes && text === bare && decoded.length >= 24
      ? [
          reading(
            'it decodes the secret from base64: write whsec_ before it here, or let the receiver use its text',
            decoded,
          ),
        ]
      : []),
    ...(decodes ? [] : [reading('it leaves out whsec_: let it use the whole text of the secret', bare)]),
    ...(decodes && text !== bare ? [] : [reading('its secret has a line break at its end', `${text}\n`)]),
  ].filter(({ secret: [one] }) => one?.reveal() !== text);
}

/** Variants of a custom signature. */
function variants(sign: CustomSign): { says: string; other: Sign }[] {
  const header = sign.header;
  const encodings = ['hex', 'base64'] as const;
  const contents = ['body', 'timestamp.body', 'id.timestamp.body'] as const;
  const algorithms = ['sha256', 'sha1', 'sha512'] as const;
  return [
    ...encodings.map((encoding) => ({ says: `\`encoding: ${encoding}\``, other: { ...sign, encoding } })),
    ...contents.map((content) => ({ says: `\`content: ${content}\``, other: { ...sign, content } })),
    ...algorithms.map((algorithm) => ({
      says: `\`algorithm: ${algorithm}\``,
      other: { ...sign, algorithm },
    })),
    ...['', `${sign.algorithm}=`].map((prefix) => ({
      says: `\`prefix: "${prefix}"\``,
      other: { ...sign, prefix },
    })),
  ]
    .filter(({ other }) => JSON.stringify(other) !== JSON.stringify(sign))
    .map(({ says, other }) => ({ says: `it verifies ${header} with ${says}: write that here`, other }));
}
