/**
 * Why an evaluation failed, by JSONata's error code. Its own messages are not used, because they quote values of the
 * polled system.
 */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['D1001', 'a number is too large'],
  ['D1002', 'the square root of a negative number is asked for'],
  ['D1011', 'it calls itself too deeply'],
  ['D1012', 'it takes too long'],
  ['D2014', 'a range is too long'],
  ['D2015', 'a list grows too long'],
  ['D3030', 'a text is taken for a number, and is none'],
  ['T0410', 'a function got something of another type than it takes'],
  ['T0411', 'a function takes a context of another type'],
  ['T0412', 'a function takes a list of another type'],
  ['T1003', 'a name of a member is no text'],
  ['T1005', 'what is called is no function: did you mean `$`?'],
  ['T1006', 'what is called is no function'],
  ['T2001', 'the left side of a calculation is no number: `$number(…)` makes one of a text'],
  ['T2002', 'the right side of a calculation is no number: `$number(…)` makes one of a text'],
  ['T2009', 'a text is compared with a number: `$number(…)` makes one of a text'],
  ['T2010', 'what is compared is neither text nor number'],
]);

interface Raised {
  readonly code?: unknown;
  readonly position?: unknown;
  readonly token?: unknown;
  readonly message?: unknown;
}

/** What failed and where in the expression, without quoting any value. */
export function explain(error: unknown): string {
  // Our own errors, and those of JavaScript, have no code.
  if (error instanceof Error && !('code' in error)) return error.message;
  const { code, position, token } = error as Raised;
  const reason = REASONS.get(String(code)) ?? `JSONata error ${String(code)}`;
  const operator = typeof token === 'string' ? ` (\`${token}\`)` : '';
  return typeof position === 'number' ? `${reason}, at character ${position}${operator}` : reason;
}
