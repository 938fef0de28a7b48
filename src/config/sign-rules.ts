import type { Secret } from '../lib/secret.ts';
import { presetOf, type Sign, signName, signsWith } from '../lib/signing/presets.ts';
import { missing } from './explain.ts';
import type { Finding } from './problem.ts';
import { at } from './rules.ts';
import { type Place, step } from './tree.ts';

interface Signing {
  readonly sign?: readonly Sign[];
  readonly secret?: readonly Secret[] | undefined;
}

interface Found {
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Mistakes and warnings about the secrets of a webhook, for its signature schemes. */
export function secretProblems({ sign = [], secret = [] }: Signing, place: Place): Found {
  if (sign.length === 0) return { findings: [], warnings: [] };
  const there = step(place, 'secret');
  if (there.tree === undefined) {
    const maker = sign.includes('standard-ed25519')
      ? 'write "secret: ${NAME}" (echo whsk_$(openssl rand -base64 32) makes one)'
      : 'write "secret: ${NAME}", shared with the receiver (openssl rand -base64 32 makes one)';
    return { findings: [missing(there, `${maker}, or "sign: none"`)], warnings: [] };
  }
  const secrets = secret.map((one, index) => ({
    text: one.reveal(),
    place: there.tree?.kind === 'list' ? step(there, index) : there,
  }));
  const ways = [...sign.entries()].map(([index, way]) => ({
    way,
    place: signPlace(place, index),
    used: secrets.filter(({ text }) => signsWith(way, sign, text)),
  }));
  return {
    findings: [
      ...secrets.flatMap((one) => firstOf(sign, (way) => unusable(way, sign, one))),
      ...(secrets.length > 0
        ? ways.flatMap(({ way, used, place }) => (used.length === 0 ? [unserved(way, place)] : []))
        : []),
    ],
    warnings: [
      ...secrets.flatMap((one) => firstOf(sign, (way) => doubtful(way, sign, one))),
      ...ways.flatMap(({ way, used }) =>
        used[1] && !presetOf(way).rotates ? [unused(way, used[1].place)] : [],
      ),
    ],
  };
}

interface Written {
  readonly text: string;
  readonly place: Place;
}

/** One finding per secret, since several schemes would report the same. */
function firstOf(sign: readonly Sign[], look: (way: Sign) => Finding | null): Finding[] {
  for (const way of sign) {
    const finding = look(way);
    if (finding) return [finding];
  }
  return [];
}

function unusable(way: Sign, all: readonly Sign[], { text, place }: Written): Finding | null {
  if (!signsWith(way, all, text)) return null;
  const key = presetOf(way).key(text);
  return key.kind === 'invalid' ? at(place, `the secret ${key.reason}`, key.hint) : null;
}

function doubtful(way: Sign, all: readonly Sign[], { text, place }: Written): Finding | null {
  if (!signsWith(way, all, text)) return null;
  if (way !== 'standard-ed25519' && /^wh[sp]k_/.test(text)) {
    const message = `\`sign: ${signName(way)}\` uses this Ed25519 key as a shared secret`;
    return at(place, message, 'did you mean `sign: standard-ed25519`?');
  }
  const key = presetOf(way).key(text);
  if (key.kind === 'invalid' || !key.weak) return null;
  return at(
    place,
    'a secret of less than 24 bytes can be guessed',
    'use 24 random bytes or more: openssl rand -base64 32',
  );
}

function unserved(way: Sign, place: Place): Finding {
  const which = way === 'standard-ed25519' ? 'that begins with whsk_' : 'that does not begin with whsk_';
  return at(place, `\`${signName(way)}\` has no secret to sign with`, `add a secret ${which}`);
}

function unused(way: Sign, place: Place): Finding {
  return at(
    place,
    `\`sign: ${signName(way)}\` has room for one signature: only the first secret signs`,
    'let the receiver accept both first, then exchange their order here',
  );
}

/**
 * Mistakes in combining schemes: two must not write the same header, except the two versions of Standard Webhooks,
 * whose header is a list.
 */
export function signProblems({ sign = [] }: Signing, place: Place): Finding[] {
  const writers = new Map<string, Sign>();
  return sign.flatMap((way, index) => {
    const there = signPlace(place, index);
    if (typeof way !== 'string' && OURS.test(way.header)) {
      return [at(step(there, 'header'), `\`${way.header}\` is written by pollhook`, 'choose another name')];
    }
    for (const header of presetOf(way).headers) {
      const before = writers.get(header);
      writers.set(header, way);
      if (before === undefined || areVersions(before, way)) continue;
      const message =
        before === way
          ? `\`${signName(way)}\` is listed twice`
          : `\`${signName(way)}\` writes the header ${header}, as \`${signName(before)}\` does`;
      return [at(there, message, 'keep one of them')];
    }
    return [];
  });
}

/** Headers that describe the message, which a signature must not replace. */
const OURS = /^(?:webhook-(?:id|timestamp)|pollhook-.*|ce-.*|traceparent|content-type|host|user-agent)$/i;

function areVersions(one: Sign, other: Sign): boolean {
  return one !== other && isStandard(one) && isStandard(other);
}

function isStandard(sign: Sign): boolean {
  return sign === 'standard' || sign === 'standard-ed25519';
}

/** The place of a scheme: `sign` itself, or an entry of its list. */
function signPlace(place: Place, index: number): Place {
  const there = step(place, 'sign');
  return there.tree?.kind === 'list' ? step(there, index) : there;
}

/** The signature headers, in lower case, with the name of the scheme that writes each. */
export function signHeaders({ sign = [] }: Signing): Map<string, string> {
  return new Map(
    sign.flatMap((way) => presetOf(way).headers.map((header) => [header, signName(way)] as const)),
  );
}
