import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { addIssue } from './add-issue.ts';

/** A network, or a single address, which is turned into a network. */
const network = z
  .string()
  .meta({ noun: 'a network', examples: ['10.1.0.0/16'] })
  .transform((text, context) => {
    if (ipaddr.IPv4.isValidFourPartDecimal(text)) return `${text}/32`;
    if (ipaddr.IPv6.isValid(text)) return `${text}/128`;
    if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text)) return text;
    addIssue(context, 'this is not a network', 'a network is written like 10.1.0.0/16 or fd00::/8');
    return z.NEVER;
  });

export const egress = z
  .strictObject({
    deny_private: z.boolean().default(true).meta({
      description:
        'Allows only public addresses: not this machine, private networks, or cloud metadata services. Each address of a name is checked.',
    }),
    allow: z.array(network).default([]).meta({ description: 'Networks that are allowed nevertheless.' }),
  })
  .check((context) => {
    const { deny_private, allow } = context.value;
    if (!deny_private && allow.length > 0) {
      addIssue(
        context,
        '`allow` is for exceptions from `deny_private`',
        'remove it, or `deny_private: false`',
        ['allow'],
      );
    }
  });
