import { z } from 'zod';
import { place } from './values.ts';

const max_pages = z.int().min(1).max(100_000).default(1000).meta({
  description:
    'Most pages of one poll. If there are more, the poll fails: a snapshot is complete or it is nothing.',
});

const inject = z.enum(['query', 'body', 'header']).default('query').meta({
  description:
    'Where the parameters go: into the URL, into the map of `body` (a dotted path reaches into it), or into headers. They replace what is there under the same name.',
});

const parameter = z.string().min(1).max(200);

const link = z.strictObject({
  type: z.literal('link').meta({
    description:
      'The `Link` header with `rel="next"` (RFC 8288). Links are treated as with `next`: a link of a server behind a proxy that lost its prefix, its scheme or its public name is asked for where the source is; credentials never go to another origin.',
  }),
  max_pages,
});

const next = z.strictObject({
  type: z.literal('next').meta({
    description:
      'A URL in the answer. Relative URLs are resolved against the request; none, null or an empty text ends the list.',
  }),
  path: place.meta({ description: 'Path to the URL of the next page, like `links.next`.' }),
  max_pages,
});

const cursor = z.strictObject({
  type: z.literal('cursor').meta({
    description:
      'A token in the answer that is sent to get the next page; none, null, false or an empty text ends the list. An empty page with a token does not.',
  }),
  path: place.meta({ description: 'Path to the token, like `meta.next_cursor`.' }),
  param: parameter.meta({ description: 'Parameter to send it in, like `cursor`.' }),
  inject,
  max_pages,
});

const page = z.strictObject({
  type: z.literal('page').meta({
    description:
      'Numbered pages. Ends on an empty page, on one that is shorter than those before, or at `pages`. A first page that is shorter than `size` is no end by itself, since servers cap sizes without a word: one more page is asked for, and if there is one, the list is read again in the size that the server gives.',
  }),
  param: parameter.default('page').meta({ description: 'Parameter for the number.' }),
  start: z.int().min(0).default(1).meta({ description: 'Number of the first page.' }),
  size_param: parameter.optional().meta({ description: 'Parameter for the size, like `per_page`.' }),
  size: z.int().min(1).optional().meta({ description: 'Records asked for in one page.' }),
  pages: z
    .union([place, z.int().min(1)])
    .optional()
    .meta({
      description:
        'Path to the number of pages, like `meta.total_pages`, or the number itself. Saves the request that finds the end, and a short or empty page before it does not end the list.',
    }),
  inject,
  max_pages,
});

const offset = z.strictObject({
  type: z.literal('offset').meta({
    description:
      'Records after so many others. Goes on by as many as came, however many were asked for; ends as with `page`, or at `total`.',
  }),
  param: parameter.default('offset').meta({ description: 'Parameter for how many records to leave out.' }),
  limit_param: parameter.optional().meta({ description: 'Parameter for `limit`.' }),
  limit: z.int().min(1).optional().meta({ description: 'Records asked for in one page.' }),
  total: place.optional().meta({
    description:
      'Path to the number of all records, like `meta.total`: the list ends there, and less makes the poll suspect.',
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
