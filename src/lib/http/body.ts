import { Secret } from '../secret.ts';

/** A body as configured: text, or a map that is sent as JSON or as a form. */
export interface WrittenBody {
  readonly body?: unknown;
  /** `form` makes a form of a map. */
  readonly content_type?: string | undefined;
}

/** The bytes of a body, and their type; null for both when there is none. */
export function encodeBody({ body, content_type: type }: WrittenBody): {
  readonly body: Buffer | null;
  readonly contentType: string | null;
} {
  if (body === undefined) return { body: null, contentType: null };
  const form = type === 'form';
  const contentType = form ? 'application/x-www-form-urlencoded' : (type ?? null);
  const plain = revealed(body);
  if (typeof plain === 'string') return { body: Buffer.from(plain), contentType };
  if (form) return { body: Buffer.from(formOf(plain as { readonly [name: string]: unknown })), contentType };
  return { body: Buffer.from(JSON.stringify(plain)), contentType: contentType ?? 'application/json' };
}

/** Encodes a form: a list repeats its name; maps are sent as JSON. */
function formOf(body: { readonly [name: string]: unknown }): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      form.append(name, one !== null && typeof one === 'object' ? JSON.stringify(one) : String(one ?? ''));
    }
  }
  return form.toString();
}

/** A copy with secrets revealed. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, revealed(one)]));
}
