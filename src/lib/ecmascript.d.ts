/**
 * `JSON.rawJSON` and the source text that `JSON.parse` hands to a reviver (ES2026 "JSON.parse source text access"):
 * Node has them, TypeScript's libraries do not list them yet.
 */
interface RawJson {
  readonly rawJSON: string;
}

interface JSON {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
}
