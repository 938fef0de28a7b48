import { hash } from 'node:crypto';
import type { SourceConfig } from '../config/document.ts';
import type { LensOptions } from './lens.ts';

export type ComparisonOptions = LensOptions &
  Pick<SourceConfig, 'format' | 'charset' | 'csv' | 'xml' | 'html' | 'text' | 'items' | 'key' | 'paginate'>;

/**
 * Fingerprint of the options that decide whether two records are equal; the order of listed paths is irrelevant.
 * Options that decide which differences are reported, and how, are not part of it.
 */
export function comparisonOf(options: ComparisonOptions): string {
  const { items, key, only, ignore, unordered, tolerance } = options;
  const sorted = (texts: readonly string[]) => [...new Set(texts)].sort();
  const paths = [only && sorted(only), sorted(ignore), sorted(unordered)];
  const parts: unknown[] = [1, items, key, ...paths, ...readingOf(options)];
  // Later options are added only where they are used, so that states of earlier versions stay comparable.
  const tolerated = tolerance.map(
    ({ path, amount: { digits, scale }, percent }) => `${path} ${digits} ${scale} ${percent}`,
  );
  if (tolerated.length > 0) parts.push(sorted(tolerated));
  // With pagination switched on, records of the other pages must not be reported as created.
  if (options.paginate) parts.push('all pages');
  return hash('sha256', JSON.stringify(parts), 'base64url');
}

/** The options that decide how bytes are read as records; none for JSON, which needs no options. */
function readingOf({ format, charset, csv, xml, html, text }: ComparisonOptions): unknown[] {
  const said = format === 'auto' || format === 'json' ? undefined : format;
  const all = { format: said, charset, csv, xml, html, text };
  return Object.values(all).some((one) => one !== undefined) ? [all] : [];
}
