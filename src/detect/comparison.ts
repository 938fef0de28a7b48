import { hash } from 'node:crypto';
import type { SourceConfig } from '../config/document.ts';
import type { LensOptions } from './lens.ts';

export type ComparisonOptions = LensOptions &
  Pick<SourceConfig, 'format' | 'charset' | 'csv' | 'xml' | 'html' | 'text' | 'items' | 'key' | 'paginate'>;

/**
 * Fingerprint of what decides whether two records are equal; the order in which paths are listed means nothing. How
 * often a change has to be seen, and what is made of it, do not belong to it: they leave differences what they are.
 */
export function comparisonOf(options: ComparisonOptions): string {
  const { items, key, only, ignore, unordered, tolerance } = options;
  const sorted = (texts: readonly string[]) => [...new Set(texts)].sort();
  const paths = [only && sorted(only), sorted(ignore), sorted(unordered)];
  const parts: unknown[] = [1, items, key, ...paths, ...readingOf(options)];
  // What came later is added only where it is used: states without it stay comparable.
  const tolerated = tolerance.map(
    ({ path, amount: { digits, scale }, percent }) => `${path} ${digits} ${scale} ${percent}`,
  );
  if (tolerated.length > 0) parts.push(sorted(tolerated));
  // Records that the first page did not show are not new when the other pages are read, too.
  if (options.paginate) parts.push('all pages');
  return hash('sha256', JSON.stringify(parts), 'base64url');
}

/** What makes other records of the same bytes; nothing for JSON that says itself how it is read. */
function readingOf({ format, charset, csv, xml, html, text }: ComparisonOptions): unknown[] {
  const said = format === 'auto' || format === 'json' ? undefined : format;
  const all = { format: said, charset, csv, xml, html, text };
  return Object.values(all).some((one) => one !== undefined) ? [all] : [];
}
