import { z } from 'zod';
import { repeatable } from './expression.ts';

const CONTENT_TYPE = /^(?:form|[!#$&^_.+\w-]+\/[!#$&^_.+\w-]+(?: *; *[\w-]+=(?:[\w.+-]+|"[ -!#-[\]-~]*"))*)$/;

/** The content type of a request body. */
export const format = z
  .union([
    z.enum(['standard', 'cloudevents', 'cloudevents-binary', 'record']),
    z.strictObject({
      body: repeatable.meta({
        description: 'JSONata on the standard body plus `id`. Its result is the same at every attempt.',
      }),
      content_type: z
        .string()
        .regex(CONTENT_TYPE, 'a content type is written like application/json or text/plain; charset=utf-8')
        .meta({ noun: 'a content type' })
        .default('application/json')
        .meta({
          description:
            'JSON types write the result as JSON; `form` writes a map as an HTML form; other types take text as it is.',
        }),
    }),
  ])
  .default('standard')
  .meta({
    description:
      '`standard`, `cloudevents` (structured JSON), `cloudevents-binary` (in `ce-` headers), `record` (only the record), or a custom body: `{body: JSONATA, content_type}`.',
  });
