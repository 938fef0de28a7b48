import type { z } from 'zod';

/** Adds a mistake with its own words; neither may hold the value, which may be secret. */
export function complain(
  context: { readonly issues: z.core.$ZodRawIssue[]; readonly value: unknown },
  message: string,
  hint: string,
  path: string[] = [],
): void {
  context.issues.push({ code: 'custom', message, params: { hint }, input: context.value, path });
}
