import { z } from 'zod';
import { place } from './values.ts';

const max_pages = z.int().min(1).max(100_000).default(1000).meta({
  description:
    'Maximum number of pages of a poll. If there are more, the poll fails: snapshots are always complete.',
});

const inject = z.enum(['query', 'body', 'header']).default('query').meta({
  description:
    'Where parameters are sent: in the URL, in the map of `body` (with a dotted path), or in headers. They replace those of the same name.',
});

const parameter = z.string().min(1).max(200);

const link = z.strictObject({
  type: z.literal('link').meta({
    description:
      'The `Link` header with `rel="next"` (RFC 8288). Links are treated as with `next`: a link that lacks the public prefix, scheme or host name, because the server is behind a proxy, is requested from the host of the source; credentials never go to another origin.',
  }),
  max_pages,
});

const next = z.strictObject({
  type: z.literal('next').meta({
    description:
      'A URL in the answer. Relative URLs are resolved against the request; a missing, null or empty value ends the list.',
  }),
  path: place.meta({ description: 'Path to the URL of the next page, like `links.next`.' }),
  max_pages,
});

const cursor = z.strictObject({
  type: z.literal('cursor').meta({
    description:
      'A token in the answer that is sent to get the next page; a missing, null, false or empty value ends the list. An empty page with a token does not.',
  }),
  path: place.meta({ description: 'Path to the token, like `meta.next_cursor`.' }),
  param: parameter.meta({ description: 'Parameter for the token, like `cursor`.' }),
  inject,
  max_pages,
});

const page = z.strictObject({
  type: z.literal('page').meta({
    description:
      'Numbered pages. Ends on an empty page, on one that is shorter than those before, or at `pages`. A first page that is shorter than `size` may be the end, or the server may cap the size: one more page is requested, and if there is one, the list is read again in the page size of the server.',
  }),
  param: parameter.default('page').meta({ description: 'Parameter for the page number.' }),
  start: z.int().min(0).default(1).meta({ description: 'Number of the first page.' }),
  size_param: parameter.optional().meta({ description: 'Parameter for the page size, like `per_page`.' }),
  size: z.int().min(1).optional().meta({ description: 'Requested records per page.' }),
  pages: z
    .union([place, z.int().min(1)])
    .optional()
    .meta({
      description:
        'Path to the number of pages, like `meta.total_pages`, or the number itself. Saves the request that finds the end; short or empty pages before do not end the list.',
    }),
  inject,
  max_pages,
});

const offset = z.strictObject({
  type: z.literal('offset').meta({
    description:
      'Records after an offset, which grows by the number of records received. Ends as with `page`, or at `total`.',
  }),
  param: parameter.default('offset').meta({ description: 'Parameter for the offset.' }),
  limit_param: parameter.optional().meta({ description: 'Parameter for `limit`.' }),
  limit: z.int().min(1).optional().meta({ description: 'Requested records per page.' }),
  total: place.optional().meta({
    description:
      'Path to the total number of records, like `meta.total`: the list ends there, and fewer records make the source suspect.',
  }),
  inject,
  max_pages,
});

/** The option `paginate`: how a list in several pages is read. */
export const paginate = z
  .discriminatedUnion('type', [link, next, cursor, page, offset])
  .meta({ id: 'Pagination' });

export type Pagination = z.output<typeof paginate>;
/** Kinds of pagination that request pages by parameters. */
export type Parameters = Extract<Pagination, { inject: unknown }>;
export type Inject = Parameters['inject'];
