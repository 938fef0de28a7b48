import type { z } from 'zod';

/** Adds a mistake with a message and a hint of our own. Neither may quote the value, which may be secret. */
export function addIssue(
  context: { readonly issues: z.core.$ZodRawIssue[]; readonly value: unknown },
  message: string,
  hint: string,
  path: string[] = [],
): void {
  context.issues.push({ code: 'custom', message, params: { hint }, input: context.value, path });
}
