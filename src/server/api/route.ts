import type { z } from 'zod';
import type { Failure } from '../../errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Archive } from '../../store/archive.ts';
import type { Control } from '../control.ts';
import type { ApiCode } from '../problem.ts';

export interface ApiDeps {
  readonly control: Control;
  readonly archive: Archive;
  readonly clock: Clock;
  /** Removes secrets from text: messages of failures may quote a server. */
  readonly redact: (text: string) => string;
}

/** The answer of a route: a value to send as JSON, or JSON text. */
export type Answer =
  | { readonly value: unknown }
  | { readonly json: string; readonly link?: string }
  | Response;

/** The description of a route, from which it is registered, validated and documented. */
export interface Route {
  readonly method: 'get' | 'post';
  /** Below `/api/v1`, unless it is a `feed`; parameters in braces. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly query: z.ZodObject;
  /** Null for a route without a body. */
  readonly body: z.ZodObject | null;
  /** Status and schema of the answer, or its media type if it is not JSON. */
  readonly answer: { readonly status: 200 | 202; readonly schema: z.ZodType; readonly type?: string };
  readonly failures: readonly ApiCode[];
  handle(input: Input, deps: ApiDeps): Promise<Answer | Failure>;
}

/** Validated input; `query` and `body` are the outputs of their schemas. */
export interface Input {
  readonly params: { readonly [name: string]: string };
  readonly query: { readonly [name: string]: unknown };
  readonly body: { readonly [name: string]: unknown };
  readonly signal: AbortSignal;
}

type Shape<S extends z.ZodObject | null> = S extends z.ZodObject ? z.output<S> : Record<string, never>;

/** Describes a route with a handler whose input is typed by the schemas. */
export function route<P extends string, Q extends z.ZodObject, B extends z.ZodObject | null>(
  described: Omit<Route, 'path' | 'query' | 'body' | 'handle'> & {
    readonly path: P;
    readonly query: Q;
    readonly body: B;
    readonly handle: (
      input: { params: Record<Params<P>, string>; query: z.output<Q>; body: Shape<B>; signal: AbortSignal },
      deps: ApiDeps,
    ) => Promise<Answer | Failure>;
  },
): Route {
  return described as unknown as Route;
}

type Params<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Params<Rest>
  : never;
