import { z } from 'zod';
import { Secret } from '../lib/secret.ts';
import { digest, login, oauth2 } from './negotiated-auth.ts';
import { headerName, headerValue, name, secret } from './values.ts';

const username = z
  .string()
  .regex(/^[^:]+$/, 'a user name of basic authentication is not empty and has no colon')
  .meta({ secret: true, noun: 'a user name' })
  .transform((text) => new Secret(text))
  .meta({ description: 'User name.' });

/** May be empty: some systems take a key as the user name and no password. */
const password = z
  .string()
  .meta({ secret: true })
  .transform((text) => new Secret(text))
  .meta({ description: 'Password; may be empty.' });

/** Credentials, reusable by name. All values are secret. */
export const auth = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('basic').meta({ description: 'User name and password.' }),
      username,
      password,
    }),
    z.strictObject({
      type: z.literal('bearer').meta({ description: '`Authorization: Bearer TOKEN`.' }),
      token: headerValue.meta({ description: 'The token, without `Bearer`.' }),
    }),
    z.strictObject({
      type: z.literal('header').meta({ description: 'A header of any name.' }),
      name: headerName.meta({ description: 'Name of the header, like `X-Api-Key`.' }),
      value: headerValue.meta({ description: 'Value of the header.' }),
    }),
    z.strictObject({
      type: z.literal('query').meta({ description: 'A parameter of the URL.' }),
      name: z.string().min(1).meta({ description: 'Name of the parameter.' }),
      value: secret.meta({ description: 'Value of the parameter.' }),
    }),
    oauth2,
    login,
    digest,
  ])
  .meta({
    id: 'Auth',
    description:
      'Credentials: `basic`, `bearer`, `header`, `query`, `oauth2`, `login` or `digest`. All values are secret.',
  });

/** A name from the top-level `auth`, or inline credentials. */
export const authReference = z.union([name, auth]);
