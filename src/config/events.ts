import { z } from 'zod';
import { expressionWith } from './expression.ts';
import { name, oneOrMore, path } from './values.ts';

const KINDS = ['created', 'updated', 'deleted'] as const;

const expression = expressionWith('previous', 'change', 'key', 'source', 'changes');

const rule = z.strictObject({
  type: z
    .string()
    .regex(/^[A-Za-z0-9_.:/-]{1,128}$/, 'a type has 1 to 128 letters, digits and the signs _ . : / -')
    .meta({ noun: 'a type' })
    .optional()
    .meta({ description: 'Type of the event. Default: `<source>.<change>`.' }),
  on: oneOrMore(z.enum(KINDS))
    .prefault([...KINDS])
    .meta({ description: 'Kinds of change that it is for: `created`, `updated`, `deleted`.' }),
  changed: oneOrMore(path).optional().meta({
    description: 'Only updates in which a value at one of these paths changed.',
  }),
  when: expression.optional().meta({ description: 'JSONata: only when this is true of the record.' }),
  becomes: expression.optional().meta({
    description:
      'JSONata: only when this becomes true: false of the record before, or no record before, and true now.',
  }),
  data: expression.optional().meta({
    description: 'JSONata: sent as `data.record`, instead of `current`, `previous` and `changes`.',
  }),
  send_to: oneOrMore(name)
    .optional()
    .meta({ description: 'Webhooks that get these events. Default: `send_to` of the source.' }),
});

/** The option `events` of a source. */
export const events = z.array(rule).min(1).max(100).optional().meta({
  description:
    'Rules, each of which makes an event of every change that it matches. Expressions see the record (the last known one when it is deleted), `$previous`, `$change`, `$key`, `$source` and `$changes`. If an expression fails, the event is sent nevertheless, with a warning.',
});

type Written = z.output<typeof rule>;

/** A rule as it applies. */
export interface EventRule {
  /** Null: `<source>.<change>`. */
  readonly type: string | null;
  readonly on: Written['on'];
  readonly changed: readonly string[] | null;
  readonly when: string | null;
  readonly becomes: string | null;
  readonly data: string | null;
  readonly send_to: readonly string[];
}

/** The rules that apply; without any, one event for each change. */
export function rulesOf(written: readonly Written[] | undefined, sendTo: readonly string[]): EventRule[] {
  return (written ?? [rule.parse({})]).map(({ type, on, changed, when, becomes, data, send_to }) => ({
    type: type ?? null,
    on,
    changed: changed ?? null,
    when: when ?? null,
    becomes: becomes ?? null,
    data: data ?? null,
    send_to: [...new Set(send_to ?? sendTo)],
  }));
}
