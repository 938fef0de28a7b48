import { z } from 'zod';
import type { ProxyServer } from '../lib/http/proxy.ts';
import { proxyServer } from '../lib/http/proxy.ts';
import { addIssue } from './add-issue.ts';
import { authReference } from './auth.ts';
import { secret } from './values.ts';

/** Options for reaching the servers of sources and webhooks. */

const tls = z.strictObject({
  ca: z.string().min(1).optional().meta({
    description:
      'Certificate authorities that are trusted in addition to those of the system: a file, or PEM.',
  }),
  cert: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Client certificate, with its chain: a file, or PEM.' }),
  key: secret
    .optional()
    .meta({ description: 'Key of the client certificate, not encrypted: a file, or PEM.' }),
  server_name: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,253}$/, 'a host name, like api.example.com')
    .meta({ noun: 'a host name' })
    .optional()
    .meta({ description: "The name that the server's certificate must have, if not that of the URL." }),
  insecure: z.boolean().default(false).meta({
    description: 'Accepts any certificate of the server; causes a warning.',
  }),
});

const proxy = z.union([
  z.literal(false),
  z
    .string()
    .meta({ secret: true, noun: 'a proxy', examples: ['http://proxy.example.com:3128'] })
    .transform((text, context): ProxyServer => {
      const read = proxyServer(text);
      if (!('mistake' in read)) return read;
      addIssue(context, read.mistake, PROXY_HINT);
      return z.NEVER;
    }),
]);

export const PROXY_HINT =
  'write it like http://proxy.example.com:3128 or http://user:password@proxy.example.com:3128';

/** The options that sources and webhooks have in common. */
export const access = {
  auth: authReference
    .optional()
    .meta({ description: 'Credentials: a name from the top-level `auth`, or inline.' }),
  tls: tls.optional().meta({
    description:
      'TLS with your own certificates. A client certificate is presented only to the configured servers.',
  }),
  proxy: proxy.optional().meta({
    description:
      'A proxy, `http://user:password@host:port`, or `false` for none. Default: HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment.',
  }),
};

export type TlsOptions = z.output<typeof tls>;
