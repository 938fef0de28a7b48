import { z } from 'zod';
import { charsetOf } from '../lib/charset.ts';
import { isSelector, parseField } from '../lib/html.ts';
import { addIssue } from './add-issue.ts';
import { path } from './values.ts';

/** The options for formats of answers, and for finding the records in them. */

const charset = z
  .string()
  .meta({ noun: 'a charset' })
  .check((context) => {
    if (charsetOf(context.value)) return;
    addIssue(
      context,
      'this charset is not known',
      'write a name like utf-8, windows-1252, iso-8859-2, shift_jis or cp850',
    );
  });

const columnNames = z
  .array(z.string().min(1))
  .min(1)
  .check((context) => {
    const again = context.value.find((name, index) => context.value.indexOf(name) < index);
    if (again !== undefined) addIssue(context, 'two columns have the same name', 'give each its own');
  });

const csv = z.strictObject({
  delimiter: z
    .string()
    .regex(/^[^\r\n"]{1,5}$/, 'a delimiter is written like ";", "|" or "\\t"')
    .meta({ noun: 'a delimiter' })
    // In single quotes, or unquoted, YAML has no escapes.
    .transform((text) => text.replaceAll('\\t', '\t'))
    .optional()
    .meta({
      description: 'Column separator. Default: detected from the first row, or from a line `sep=;`.',
    }),
  header: z
    .union([z.literal(true), columnNames])
    .default(true)
    .meta({
      description: '`true`: the first row has the column names. A list: the names, if no row has them.',
    }),
  quote: z
    .union([
      z
        .string()
        .regex(/^[^\r\n\s]$/, "a quote is one character, like '\"'")
        .meta({ noun: 'a character' }),
      z.literal(false),
    ])
    .default('"')
    .meta({ description: 'Quote character; `false` for none.' }),
  comment: z
    .string()
    .regex(/^[^\r\n\s][^\r\n]{0,9}$/, 'a comment begins with characters like "#"')
    .meta({ noun: 'a character' })
    .optional()
    .meta({ description: 'Lines that begin with this text are skipped.' }),
  skip: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .meta({ description: 'Number of lines before the header that are skipped.' }),
});

const xml = z.strictObject({
  strip_namespaces: z.boolean().default(false).meta({
    description: 'Removes namespace prefixes (`soap:Body` becomes `Body`) and declarations.',
  }),
  arrays: z.array(path).default([]).meta({
    description:
      'Paths of elements that are lists even if there is only one, or none (`orders.order.line`). The path in `items` is always a list.',
  }),
});

const selector = z
  .string()
  .meta({ noun: 'a CSS selector' })
  .check((context) => {
    if (isSelector(context.value)) return;
    addIssue(context, 'this is not a CSS selector', 'write it like `table#stock tbody tr`');
  });

const field = z
  .string()
  .min(1)
  .meta({ noun: 'a field' })
  .check((context) => {
    const { selector } = parseField(context.value);
    if (selector === null || isSelector(selector)) return;
    const hint = 'write it like `td:nth-child(1)`, `a@href`, `@id` (of the row) or `.` (its text)';
    addIssue(context, 'this is not a CSS selector', hint);
  });

const html = z.strictObject({
  rows: selector.meta({
    description: 'CSS selector of the elements that are the records, like `table#stock tbody tr`.',
  }),
  fields: z
    .record(z.string().min(1), field)
    .check((context) => {
      if (Object.keys(context.value).length === 0)
        addIssue(context, 'there are no fields', 'write `name: selector` lines below it');
    })
    .meta({
      description:
        'CSS selector for each field, within the row: `td:nth-child(1)` gives its text, `a@href` an attribute, `@id` an attribute of the row, `.` the text of the row. Null if there is no such element.',
    }),
});

const pattern = z
  .string()
  .meta({ noun: 'a regular expression' })
  .check((context) => {
    try {
      new RegExp(context.value, 'gmu');
    } catch (error) {
      const why = (error as Error).message.split(': ').at(-1);
      addIssue(
        context,
        'this is not a regular expression',
        `${why}: it is read as JavaScript's, with the flags g, m and u`,
      );
      return;
    }
    if (/\(\?<[^=!]/.test(context.value)) return;
    addIssue(context, 'no group has a name', 'write groups like `(?<id>\\d+)`: each becomes a field');
  });

const text = z.strictObject({
  pattern: pattern.meta({
    description:
      'Regular expression with named groups, like `^(?<host>\\S+) +(?<state>UP|DOWN)$`; each match is a record of its groups. `^` and `$` match at line breaks.',
  }),
});

export const formats = {
  format: z.enum(['auto', 'json', 'ndjson', 'csv', 'xml', 'html', 'text']).default('auto').meta({
    description:
      'Format of the answer. `auto`: the one of `html` or `text` if configured, else by Content-Type, then by content.',
  }),
  charset: charset.optional().meta({
    description:
      'Character set of the answer. Default: from its byte order mark, its header, or an XML or HTML declaration, else UTF-8. An answer that contradicts its declaration is refused until this option is set.',
  }),
  csv: csv.optional().meta({ description: 'Format of CSV answers. Rows are records, all values are text.' }),
  xml: xml.optional().meta({
    description:
      'Format of XML answers. A path begins with the root element; attributes are `@name`, text beside attributes is `#text`.',
  }),
  html: html.optional().meta({ description: 'How records are found in an HTML page.' }),
  text: text.optional().meta({ description: 'How records are found in plain text.' }),
};
