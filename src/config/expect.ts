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
      'JSONata on the document that must give true; false, nothing or an error is a soft error, like a status 200 that says `{"ok": false}`. Each page is looked at.',
  }),
  min_items: z.int().min(0).optional().meta({
    description: 'Least number of records of a complete fetch.',
  }),
  total: place.optional().meta({
    description:
      'Path to the number of records that the answer says there are, like `meta.total`; checked against what was fetched, all pages together.',
  }),
});

export type Expect = z.output<typeof expect>;
