import { z } from 'zod';
import { expressionWith } from './expression.ts';
import { oneOrMore, place } from './values.ts';

/** Conditions that an answer must meet to be accepted. */
export const expect = z.strictObject({
  status: oneOrMore(z.int().min(200).max(299))
    .optional()
    .meta({ description: 'Status codes. Default: any from 200 to 299; all others fail the poll anyway.' }),
  content_type: oneOrMore(z.string().regex(/^[\w.+-]+\/[\w.+-]+$/, 'a content type is written like text/csv'))
    .optional()
    .meta({ description: 'Content types, without parameters, like `application/json`.' }),
  where: expressionWith().optional().meta({
    description:
      'JSONata on the document that must be true, to recognise errors like a status 200 with `{"ok": false}`. It is evaluated on each page.',
  }),
  min_items: z.int().min(0).optional().meta({
    description: 'Minimum number of records of a complete fetch.',
  }),
  total: place.optional().meta({
    description:
      'Path to the declared number of records, like `meta.total`; compared with the records fetched, all pages together.',
  }),
});

export type Expect = z.output<typeof expect>;
