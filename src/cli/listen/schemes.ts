import type { CustomSign, PresetName, Sign } from '../../lib/signing/presets.ts';

export type Headers = NodeJS.Dict<string[]>;

/** The parts that are signed together, in order; a text stands for itself. */
export type Layout = readonly ('id' | 'timestamp' | 'body' | { readonly text: string })[];

/** A parsed signature of a message, not yet verified. */
export interface Claim {
  /** The header or field that it comes from, for messages. */
  readonly header: string;
  readonly scheme: string;
  /** Several while secrets are rotated; any of them may be right. */
  readonly given: readonly Buffer[];
  readonly algorithm: 'sha1' | 'sha256' | 'sha512' | 'ed25519';
  readonly layout: Layout;
  readonly id: string;
  /** The signed time as written in the message; null if none is signed. */
  readonly timestamp: string | null;
  /** Whether secrets that begin with `whsec_` are decoded. */
  readonly decodes: boolean;
}

/**
 * How a signature scheme is recognised in a message. Written from the receiver's side, sharing no code with the
 * sender.
 */
export interface Scheme {
  readonly name: string;
  /** The header of its signature. */
  readonly header: string;
  /** The parsed signatures, or as a text what is wrong with the headers. */
  read(value: string, header: (name: string) => string): Claim | string;
}

const dot = { text: '.' };
const BODY: Layout = ['body'];
const TIMESTAMPED: Layout = ['timestamp', dot, 'body'];
const IDENTIFIED: Layout = ['id', dot, 'timestamp', dot, 'body'];
const SLACK: Layout = [{ text: 'v0:' }, 'timestamp', { text: ':' }, 'body'];

/** All layouts: a mistaken sender may use that of another scheme. */
export const LAYOUTS: Readonly<Record<string, Layout>> = {
  'the body alone, as github and shopify do': BODY,
  'timestamp.body, as stripe does': TIMESTAMPED,
  'id.timestamp.body, as Standard Webhooks do': IDENTIFIED,
  'v0:timestamp:body, as slack does': SLACK,
};

function standardWebhooks(
  scheme: 'standard' | 'standard-ed25519' | 'svix',
  prefix: string,
  version: 'v1' | 'v1a',
): Scheme {
  return {
    name: scheme,
    header: `${prefix}signature`,
    read(value, header) {
      const parts = value.split(' ').filter((part) => part.startsWith(`${version},`));
      const [id, timestamp] = [header(`${prefix}id`), header(`${prefix}timestamp`)];
      const missing = [...(id ? [] : [`${prefix}id`]), ...(timestamp ? [] : [`${prefix}timestamp`])];
      if (missing.length > 0) return `no ${missing.join(', ')} header: is the webhook signed?`;
      return {
        header: `${prefix}signature`,
        scheme,
        given: parts.map((part) => Buffer.from(part.slice(version.length + 1), 'base64')),
        algorithm: version === 'v1' ? 'sha256' : 'ed25519',
        layout: IDENTIFIED,
        id,
        timestamp,
        decodes: true,
      };
    },
  };
}

interface Simple extends Partial<Pick<CustomSign, 'prefix' | 'encoding' | 'algorithm'>> {
  readonly header: string;
  readonly layout: Layout;
  /** The header with the signed time, if the layout has one. */
  readonly timeHeader?: string;
}

/** A scheme with a single signature in a header, in hex or base64, after a prefix. */
function simple(
  scheme: string,
  { header, prefix = '', encoding = 'hex', algorithm = 'sha256', layout, timeHeader = '' }: Simple,
): Scheme {
  return {
    name: scheme,
    header,
    read(value, other) {
      if (!value.startsWith(prefix)) return `${header} does not begin with ${prefix}`;
      const timestamp = layout.includes('timestamp') ? other(timeHeader) : null;
      if (timestamp === '') return `no ${timeHeader} header, which is part of what is signed`;
      return {
        header,
        scheme,
        given: [Buffer.from(value.slice(prefix.length), encoding)],
        algorithm,
        layout,
        id: other('webhook-id'),
        timestamp,
        decodes: false,
      };
    },
  };
}

const STRIPE: Scheme = {
  name: 'stripe',
  header: 'stripe-signature',
  read(value, header) {
    const parts = value.split(',').map((part) => part.trim().split('='));
    const timestamp = parts.find(([name]) => name === 't')?.[1];
    if (!timestamp) return 'stripe-signature has no t=';
    const given = parts.flatMap(([name, hex = '']) => (name === 'v1' ? [Buffer.from(hex, 'hex')] : []));
    if (given.length === 0) return 'stripe-signature has no v1=';
    return {
      header: 'stripe-signature',
      scheme: 'stripe',
      given,
      algorithm: 'sha256',
      layout: TIMESTAMPED,
      id: header('webhook-id'),
      timestamp,
      decodes: false,
    };
  },
};

const PRESETS: Readonly<Record<PresetName, Scheme>> = {
  standard: standardWebhooks('standard', 'webhook-', 'v1'),
  'standard-ed25519': standardWebhooks('standard-ed25519', 'webhook-', 'v1a'),
  github: simple('github', { header: 'x-hub-signature-256', prefix: 'sha256=', layout: BODY }),
  stripe: STRIPE,
  shopify: simple('shopify', { header: 'x-shopify-hmac-sha256', encoding: 'base64', layout: BODY }),
  slack: simple('slack', {
    header: 'x-slack-signature',
    prefix: 'v0=',
    layout: SLACK,
    timeHeader: 'x-slack-request-timestamp',
  }),
  svix: standardWebhooks('svix', 'svix-', 'v1'),
};

export const ALL_PRESETS: readonly Scheme[] = Object.values(PRESETS);

/** The scheme for a value of `sign`. */
export function schemeOf(sign: Sign): Scheme {
  if (typeof sign === 'string') return PRESETS[sign];
  const { header, prefix, encoding, content, algorithm } = sign;
  const layout = { body: BODY, 'timestamp.body': TIMESTAMPED, 'id.timestamp.body': IDENTIFIED }[content];
  return simple(header, {
    ...{ prefix, encoding, algorithm, layout },
    header: header.toLowerCase(),
    timeHeader: 'webhook-timestamp',
  });
}

/** The bytes that are signed. */
export function contentOf(
  layout: Layout,
  { id, timestamp }: Pick<Claim, 'id' | 'timestamp'>,
  body: Buffer,
): Buffer {
  const parts = { id: Buffer.from(id), timestamp: Buffer.from(timestamp ?? ''), body };
  return Buffer.concat(
    layout.map((part) => (typeof part === 'string' ? parts[part] : Buffer.from(part.text))),
  );
}
