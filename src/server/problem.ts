import { CODES, type Code, type Failure } from '../errors.ts';

/** The status and title of each code that the API answers with. */
const STATUSES = {
  API_INPUT: [400, 'Bad Request'],
  API_TOKEN: [401, 'Unauthorized'],
  API_CLOSED: [403, 'Forbidden'],
  API_HOST: [403, 'Forbidden'],
  API_ORIGIN: [403, 'Forbidden'],
  API_NOT_FOUND: [404, 'Not Found'],
  API_METHOD: [405, 'Method Not Allowed'],
  API_CONFLICT: [409, 'Conflict'],
  API_GONE: [410, 'Gone'],
  API_TOO_LARGE: [413, 'Content Too Large'],
  API_FAILED: [500, 'Internal Server Error'],
  API_NOT_READY: [503, 'Service Unavailable'],
  API_BUSY: [503, 'Service Unavailable'],
} as const satisfies { [code in Code]?: readonly [number, string] };

export type ApiCode = keyof typeof STATUSES;

export function statusOf(code: ApiCode): number {
  return STATUSES[code][0];
}

/** A failure as problem details (RFC 9457). One with a code of another stage is answered as a conflict. */
export function problem(
  failure: Failure,
  {
    headers = {},
    ...members
  }: { readonly headers?: Record<string, string>; readonly oldest?: string | null } = {},
): Response {
  const answer = STATUSES[Object.hasOwn(STATUSES, failure.code) ? (failure.code as ApiCode) : 'API_CONFLICT'];
  const [status] = answer;
  const body = { ...detailsOf(failure, answer), ...members };
  return Response.json(body, { status, headers: { ...headers, 'content-type': PROBLEM } });
}

export const PROBLEM = 'application/problem+json';

export function detailsOf({ code, message: detail }: Failure, [status, title]: readonly [number, string]) {
  return { type: 'about:blank', title, status, code, detail, remedy: CODES[code][1] };
}
