import type { Expect } from '../config/expect.ts';
import { parseContentType } from '../decode/format.ts';
import { type Failure, failure, messageOf } from '../errors.ts';
import { compileExpression } from '../lib/expression.ts';
import { counted } from '../lib/units.ts';
import type { Json } from '../model.ts';

/** What an answer must be like, each as a question whose answer is null or what is wrong. */
export interface Expectations {
  /** Of status and content type, before anything is read. */
  answer(status: number, contentType: string | null): Failure | null;
  /** Of the document; it is asked for only if something is expected of it. */
  document(document: () => Json): Promise<Failure | null>;
  /** Of the number of records in a complete answer. */
  count(records: number): Failure | null;
}

export function createExpectations(expect: Expect | undefined): Expectations {
  const { status: statuses, content_type: types, where, min_items: least = 0 } = expect ?? {};
  const holds = where === undefined ? null : compileExpression(`$boolean((${where}))`);
  return {
    answer(status, contentType) {
      if (statuses && !statuses.includes(status)) {
        return failure('EXPECT_ANSWER', `expected status ${statuses.join(' or ')}, got ${status}`);
      }
      if (!types) return null;
      const { type } = parseContentType(contentType);
      if (types.some((one) => one.toLowerCase() === type)) return null;
      const got = type === '' ? 'none' : JSON.stringify(type.slice(0, 80));
      return failure('EXPECT_ANSWER', `expected content type ${types.join(' or ')}, got ${got}`);
    },
    async document(document) {
      if (!holds) return null;
      try {
        // Expressions compute on JavaScript's numbers, not on those that keep their spelling.
        const given = await holds(JSON.parse(JSON.stringify(document())));
        return given === true ? null : failure('EXPECT_ANSWER', '`expect.where` is not true of this answer');
      } catch (error) {
        return failure('EXPECT_ANSWER', `\`expect.where\` could not be evaluated: ${messageOf(error)}`);
      }
    },
    count(records) {
      if (records >= least) return null;
      return failure('EXPECT_COUNT', `expected at least ${counted(least, 'record')}, got ${records}`);
    },
  };
}
