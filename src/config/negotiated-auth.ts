import { z } from 'zod';
import type { LoginValue } from '../lib/http/auth/kinds.ts';
import { Secret } from '../lib/secret.ts';
import { addIssue } from './add-issue.ts';
import { expressionWith } from './expression.ts';
import { headerName, headers, place, secret, url } from './values.ts';

/** Credentials that have to be obtained from a server: tokens, sessions, challenges. */

export const oauth2 = z.strictObject({
  type: z.literal('oauth2').meta({
    description:
      'OAuth 2.0 client credentials. One token is shared by all users of the same credentials and renewed before it expires.',
  }),
  token_url: url.meta({ description: 'URL of the token endpoint. Redirects are not followed.' }),
  client_id: secret.meta({ description: 'Client id.' }),
  client_secret: secret.meta({ description: 'Client secret.' }),
  scope: z.string().min(1).optional().meta({ description: 'Scopes, separated by spaces.' }),
  audience: z.string().min(1).optional().meta({ description: 'Audience, if the server requires one.' }),
  style: z.enum(['basic', 'body']).default('basic').meta({
    description: 'How id and secret are sent: as basic authentication, or in the body.',
  }),
  refresh_on: z.array(z.int().min(400).max(499)).min(1).default([401]).meta({
    description:
      'Statuses that mean that the token has expired: the request is repeated once with a new one.',
  }),
});

/**
 * Names of members whose values are redacted everywhere; values of others may be ordinary words like `login` or
 * `1.0`.
 */
const TELLING = /user|name|mail|pass|pwd|secret|token|key|pin|code|cred|account/i;

const loginBody = z
  .union([
    z
      .string()
      .min(1)
      .meta({ secret: true })
      .transform((text): LoginValue => new Secret(text)),
    z
      .record(z.string(), z.unknown())
      .meta({ secret: true })
      .transform((map): LoginValue => hidden(map, false)),
  ])
  .optional();

function hidden(value: unknown, telling: boolean): LoginValue {
  if (typeof value === 'string') return telling ? new Secret(value) : value;
  if (Array.isArray(value)) return value.map((one) => hidden(one, telling));
  if (typeof value !== 'object') return value as LoginValue;
  if (value === null) return null;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, hidden(one, TELLING.test(name))]),
  );
}

export const login = z
  .strictObject({
    type: z.literal('login').meta({
      description:
        'A session: a request to `url`, then its cookies, or the token in its answer. One session is shared by all users of the same credentials; after a 401, or when `expired_when` is true, there is a new login.',
    }),
    url: url.meta({ description: 'URL of the login.' }),
    method: z.enum(['POST', 'GET', 'PUT']).default('POST').meta({ description: 'HTTP method.' }),
    headers: headers.default({}).meta({ description: 'Headers of the login. Values are secret.' }),
    body: loginBody.meta({
      description: 'A string, or a map that is sent as JSON (or as a form with `content_type: form`).',
    }),
    content_type: z.string().min(1).optional().meta({
      description: 'Content type of `body`; `form` sends a map as an HTML form.',
    }),
    token: place.optional().meta({
      description: 'Path of the token in the answer. Without it, the session is in the cookies.',
    }),
    header: headerName.optional().meta({
      description: 'Header that the token is sent in. Default: `Authorization`.',
    }),
    scheme: z
      .string()
      .regex(/^[A-Za-z0-9-]*$/, 'a scheme is one word, like Bearer; "" for none')
      .optional()
      .meta({
        description:
          'What precedes the token in its header. Default: `Bearer` in `Authorization`, else nothing.',
      }),
    expired_when: expressionWith('status', 'headers', 'text').optional().meta({
      description:
        'JSONata on an answer, true if the session has expired. Its input is the JSON of the body (or its text), with `$status`, `$headers` and `$text`.',
    }),
  })
  .check((context) => {
    const { token, header, scheme, body, content_type } = context.value;
    if (token === undefined && (header !== undefined || scheme !== undefined)) {
      const key = header === undefined ? 'scheme' : 'header';
      addIssue(context, `\`${key}\` is only for a \`token\``, 'remove it, or say where the `token` is', [
        key,
      ]);
    }
    if (content_type !== undefined && body === undefined) {
      addIssue(context, '`content_type` is only for a `body`', 'remove it, or add a `body`', [
        'content_type',
      ]);
    }
    if (content_type === 'form' && body instanceof Secret) {
      addIssue(context, 'a form is a map', 'write `name: value` lines, or another `content_type`', ['body']);
    }
  });

/** Line breaks would end the header. */
const line = z
  .string()
  .regex(/^\P{Cc}*$/u, 'this holds no line breaks or control characters')
  .meta({ secret: true, noun: 'one line of text' })
  .transform((text) => new Secret(text));

export const digest = z.strictObject({
  type: z.literal('digest').meta({
    description:
      'Digest authentication (RFC 7616, and older): SHA-512-256, SHA-256 or MD5, as the server asks.',
  }),
  username: line.meta({ description: 'User name.' }),
  password: line.meta({ description: 'Password.' }),
});
