import { z } from 'zod';
import { type CustomSign, PRESET_NAMES, type Sign } from '../lib/signing/presets.ts';
import { headerName } from './values.ts';

const custom = z.strictObject({
  header: headerName.meta({ description: 'Header of the signature.' }),
  algorithm: z
    .enum(['sha1', 'sha256', 'sha512'])
    .default('sha256')
    .meta({ description: 'Hash function of the HMAC.' }),
  encoding: z.enum(['hex', 'base64']).default('hex').meta({ description: 'Encoding of the signature.' }),
  prefix: z
    .string()
    .regex(/^(?:[!-~][ -~]*)?$/, 'a prefix has printable ASCII characters and does not begin with a space')
    .meta({ noun: 'a prefix' })
    .default('')
    .meta({ description: 'Prefix of the signature, like `sha256=`.' }),
  content: z
    .enum(['body', 'timestamp.body', 'id.timestamp.body'])
    .default('body')
    .meta({ description: 'Signed content, joined by `.`.' }),
}) satisfies z.ZodType<CustomSign>;

const preset = z.enum(PRESET_NAMES);

/** `none`, one signature scheme, or a list of them; always given as a list. */
export const sign = z
  .union([
    z.enum([...PRESET_NAMES, 'none']).transform((one): Sign[] => (one === 'none' ? [] : [one])),
    custom.transform((one): Sign[] => [one]),
    z.array(z.union([preset, custom])).min(1),
  ])
  .prefault('standard')
  .meta({
    description:
      'How messages are signed: `standard` (Standard Webhooks), `standard-ed25519`, `github`, `stripe`, `shopify`, `slack`, `svix`, a header of your own `{header, algorithm, encoding, prefix, content}`, a list of them, or `none`.',
  });
