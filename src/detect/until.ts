import { hash } from 'node:crypto';
import type { SourceConfig } from '../config/document.ts';
import { messageOf } from '../errors.ts';
import { compileCondition } from '../lib/expression.ts';
import type { Json, SourceProgress } from '../model.ts';

export type UntilOptions = Pick<SourceConfig, 'url' | 'method' | 'query' | 'body' | 'until'>;

export interface Until {
  /** Fingerprint of the request and the expression, which identify the job. */
  readonly job: string;
  /** Whether it is true; with a warning if it cannot be evaluated. */
  holds(
    document: Json,
    records: readonly Json[],
  ): Promise<{ readonly met: boolean; readonly warnings: readonly string[] }>;
}

/** Null for a source without `until`. */
export function createUntil(options: UntilOptions): Until | null {
  if (options.until === undefined) return null;
  const condition = compileCondition(options.until);
  return {
    job: jobOf(options),
    async holds(document, records) {
      try {
        return { met: await condition({ input: document, variables: { records } }), warnings: [] };
      } catch (error) {
        return { met: false, warnings: [`\`until\` failed, and the source goes on: ${messageOf(error)}`] };
      }
    },
  };
}

/** Whether a source has finished, so that it is not polled any more. */
export function isFinished(options: UntilOptions, progress: Pick<SourceProgress, 'ending'> | null): boolean {
  const { ending } = progress ?? {};
  return (
    options.until !== undefined &&
    ending !== undefined &&
    ending.finished !== null &&
    ending.job === jobOf(options)
  );
}

function jobOf({ url, method, query, body, until }: UntilOptions): string {
  return hash('sha256', JSON.stringify([url, method, query, body, until]), 'base64url').slice(0, 22);
}
