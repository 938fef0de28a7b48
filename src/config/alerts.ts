import { z } from 'zod';
import type { Finding } from './problem.ts';
import { unknownWebhooks } from './references.ts';
import { type Place, step } from './tree.ts';
import { name, oneOrMore } from './values.ts';

/** Who receives operational events. */
export const alerts = z
  .strictObject({
    send_to: oneOrMore(name).meta({
      description:
        'Webhooks that receive operational events: sources and webhooks that fail, recover or need a decision, dead letters, reloads.',
    }),
  })
  .optional()
  .meta({ description: 'Operational events. Default: none are sent.' });

/** The webhooks of `alerts.send_to`, which must exist. */
export function alertTargets(
  valid: z.output<typeof alerts>,
  place: Place,
  webhooks: readonly string[],
): { readonly names: readonly string[]; readonly findings: readonly Finding[] } {
  const names = valid?.send_to ?? [];
  return { names: [...new Set(names)], findings: unknownWebhooks(names, step(place, 'send_to'), webhooks) };
}
