import { z } from 'zod';
import { name, secret } from './values.ts';

/** Credentials, reusable by name. All values are secret. */
export const auth = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('basic'), username: secret, password: secret }),
    z.strictObject({ type: z.literal('bearer'), token: secret }),
    z.strictObject({ type: z.literal('header'), name: z.string().min(1), value: secret }),
    z.strictObject({ type: z.literal('query'), name: z.string().min(1), value: secret }),
  ])
  .meta({
    id: 'Auth',
    description: 'Credentials: `basic`, `bearer`, `header` or `query`. All values are secret.',
  });

export type Auth = z.output<typeof auth>;

/** A name from the top-level `auth`, or credentials in place. */
export const authReference = z.union([name, auth]);
