import type { Failure } from '../../errors.ts';
import type { Json } from '../../model.ts';
import type { Target } from './target.ts';

/** What is known of a page to find the next one. */
export interface PageFacts {
  /** The URL that answered, after redirects. */
  readonly url: string;
  /** The `Link` header; null if there is none. */
  readonly link: string | null;
  /** Keys of its records, in their order. */
  readonly keys: readonly string[];
  /** The value at the path of the pagination (`followed` in pager.ts); undefined if there is none. */
  readonly there: Json | undefined;
}

/** What follows a page. `again`: the list has to be read from the beginning, in pages of this size. */
export type Step =
  | { readonly kind: 'page'; readonly target: Target }
  | { readonly kind: 'end' }
  | { readonly kind: 'again'; readonly size: number }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Where a page leads, before it is checked for circles and bounds; null at the end. */
export type NextTarget = Target | Failure | Extract<Step, { kind: 'again' }> | null;
