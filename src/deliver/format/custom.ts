import { type Failure, failure, messageOf } from '../../errors.ts';
import { exactly } from '../../lib/exact-numbers.ts';
import { compileRepeatable, isFunction, roundsIn } from '../../lib/expression.ts';
import { isJsonType } from '../../lib/media-type.ts';
import type { ChangeEvent, Json } from '../../model.ts';
import { envelopeOf } from './record.ts';

/** Characters of a body that an expression may produce: no receiver takes more, and memory has to be bounded. */
const LONGEST = 10_000_000;

/** Characters of a failure's reason, which goes to the log and the state and may quote a value. */
const LONGEST_REASON = 300;

interface CustomFormat {
  readonly body: string;
  readonly content_type: string;
}

interface CustomBody {
  readonly contentType: string;
  body(event: ChangeEvent): Promise<string | Failure>;
}

/**
 * Prepares bodies that a JSONata expression makes of the standard body plus `id`. If it fails, so does the delivery:
 * no other body is sent instead, since the expression may leave data out on purpose.
 */
export function createCustomBody(format: CustomFormat): CustomBody {
  const evaluate = compileRepeatable(format.body);
  const rounds = roundsIn(format.body);
  const isForm = format.content_type === 'form';
  const contentType = isForm ? 'application/x-www-form-urlencoded' : format.content_type;
  const write = isForm ? form : isJsonType(contentType) ? json : text;
  return {
    contentType,
    async body(event) {
      try {
        const input: Json = { ...envelopeOf(event), id: event.id };
        const result = await exactly(input, (value) => evaluate(value, event.timestamp), rounds);
        if (result === undefined) return broken('gave nothing');
        const body = write(result);
        if (typeof body !== 'string') return body;
        return body.length > LONGEST ? broken(`gave more than ${LONGEST} characters`) : body;
      } catch (error) {
        return broken(`failed: ${messageOf(error)}`);
      }
    },
  };
}

function json(result: unknown): string | Failure {
  const text = JSON.stringify(result, (_name, value) => (isFunction(value) ? undefined : value));
  return text ?? broken('gave a function');
}

/**
 * A string as it is, anything else as JSON. Lone surrogates, which UTF-8 cannot encode, are replaced before signing.
 */
function text(result: unknown): string | Failure {
  return typeof result === 'string' ? result.toWellFormed() : json(result);
}

function form(result: unknown): string | Failure {
  if (typeof result !== 'object' || result === null || Array.isArray(result))
    return broken('gave no map, which a form needs');
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(result)) {
    const field = text(value);
    if (typeof field !== 'string') return field;
    fields.append(name, field);
  }
  return fields.toString();
}

function broken(what: string): Failure {
  return failure('DELIVERY_BODY', `the expression in format.body ${what}`.slice(0, LONGEST_REASON));
}
