import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Claim, contentOf, LAYOUTS } from './schemes.ts';

/** Bytes: larger bodies are not hashed repeatedly. */
const LARGEST = 2_000_000;

/** A possible mistake, and how the signature would have been made with it. */
interface Deviation<T> {
  readonly value: T;
  /** Null: as it should be. */
  readonly words: string | null;
}

/**
 * Finds out why a signature is wrong, by trying the usual mistakes, alone and in pairs: in reading the secret, in
 * what is signed, and in changes to the body on its way.
 */
export function likelyMistake(claim: Claim, secrets: readonly string[], body: Buffer): string {
  const unknown = 'wrong secret, or the body was altered on its way';
  if (body.length > LARGEST) return unknown;
  const layouts: Deviation<Claim['layout']>[] = [
    { value: claim.layout, words: null },
    ...Object.entries(LAYOUTS).map(([name, value]) => ({
      value,
      words: `other preset: what is signed is ${name}`,
    })),
  ];
  const bodies = bodiesOf(body);
  for (const most of [1, 2]) {
    for (const key of secrets.flatMap((secret) => keysOf(secret, claim.decodes))) {
      for (const layout of layouts) {
        for (const content of bodies) {
          for (const algorithm of algorithmsOf(claim)) {
            const words = [key, layout, content, algorithm].flatMap(({ words }) => words ?? []);
            if (words.length !== most) continue;
            const signed = contentOf(layout.value, claim, content.value);
            const expected = createHmac(algorithm.value, key.value).update(signed).digest();
            if (claim.given.some((one) => one.length === expected.length && timingSafeEqual(one, expected)))
              return words.join('; ');
          }
        }
      }
    }
  }
  return unknown;
}

function keysOf(secret: string, decodes: boolean): Deviation<Buffer>[] {
  const bare = secret.replace(/^whsec_/, '');
  const decoded = Buffer.from(bare, 'base64');
  const trimmed = secret.trim();
  const wrong = (value: Buffer | string, words: string) => ({
    value: Buffer.from(value),
    words: `wrong secret: ${words}`,
  });
  const right = (text: string) =>
    decodes && text.startsWith('whsec_') ? Buffer.from(text.slice(6), 'base64') : Buffer.from(text);
  const text = 'the sender used the text of the secret, not the base64 after whsec_';
  const end = 'it has a blank or a line break at its end';
  return [
    { value: right(secret), words: null },
    ...(trimmed === secret ? [] : [wrong(right(trimmed), end)]),
    wrong(right(`${secret}\n`), 'the sender has it with a line break at its end'),
    ...(decodes
      ? [wrong(secret, text), wrong(bare, text), wrong(decoded, 'the sender has it with whsec_ before it')]
      : [
          wrong(decoded, 'the sender decoded it; this preset takes its text as it is'),
          wrong(bare, 'the sender has it without whsec_ before it'),
          wrong(`whsec_${secret}`, 'the sender has it with whsec_ before it'),
        ]),
  ];
}

function bodiesOf(body: Buffer): Deviation<Buffer>[] {
  const altered = (value: Buffer) => ({
    value,
    words: 'body altered: the JSON was reformatted on its way; the raw bytes are signed',
  });
  try {
    return [{ value: body, words: null }, altered(Buffer.from(JSON.stringify(JSON.parse(body.toString()))))];
  } catch {
    return [{ value: body, words: null }];
  }
}

function algorithmsOf({ algorithm }: Claim): Deviation<string>[] {
  const others = ['sha256', 'sha1', 'sha512'].filter((one) => one !== algorithm);
  return [
    { value: algorithm, words: null },
    ...others.map((value) => ({ value, words: `other algorithm: it is signed with ${value}` })),
  ];
}
