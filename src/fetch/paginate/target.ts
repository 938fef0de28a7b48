import type { SourceConfig } from '../../config/document.ts';
import type { Inject } from '../../config/paginate.ts';
import { forStrangers } from '../../lib/http/tls.ts';
import { Secret } from '../../lib/secret.ts';

/** Where a page is: at its own URL, or at that of the source with parameters. */
export type Target =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'parameters'; readonly inject: Inject; readonly values: Values };

export type Values = ReadonlyMap<string, string | number>;

/** Identifies a target, so that circles are recognised. */
export function nameOf(target: Target): string {
  return target.kind === 'url' ? target.url : JSON.stringify([...target.values]);
}

/**
 * The request for a page, as a source with another target. As after a redirect, another origin gets neither
 * credentials (client certificates included) nor headers nor a body.
 */
export function pageOf(source: SourceConfig, target: Target): SourceConfig {
  if (target.kind === 'parameters') return withParameters(source, target.inject, target.values);
  const { auth } = source;
  const url = new URL(target.url);
  if (url.origin === new URL(source.url).origin) {
    // A next link may repeat the key in the query, which is added to every request anyway.
    const href = auth?.type === 'query' ? without(url.href, [auth.name]) : url.href;
    return { ...source, url: href, query: {} };
  }
  const nothing = { query: {}, method: 'GET', auth: null, headers: {}, body: undefined } as const;
  return { ...source, ...nothing, url: url.href, tls: source.tls && forStrangers(source.tls) };
}

/** A source with parameters set, replacing those of the same names. */
export function withParameters(source: SourceConfig, inject: Inject, values: Values): SourceConfig {
  const names = [...values.keys()];
  switch (inject) {
    case 'query': {
      const query = { ...source.query };
      for (const [name, value] of values) query[name] = String(value);
      return { ...source, url: without(source.url, names), query };
    }
    case 'header': {
      const taken = new Set(names.map((name) => name.toLowerCase()));
      const kept = Object.entries(source.headers).filter(([name]) => !taken.has(name.toLowerCase()));
      const added = [...values].map(([name, value]) => [name, new Secret(String(value))] as const);
      return { ...source, headers: Object.fromEntries([...kept, ...added]) };
    }
    case 'body': {
      let body: unknown = source.body ?? {};
      for (const [name, value] of values) body = withMember(body, name.split('.'), value);
      return { ...source, body: body as { [name: string]: unknown } };
    }
  }
}

/** A URL without parameters of these names; every other byte of the query stays as it was written. */
function without(href: string, names: readonly string[]): string {
  const url = new URL(href);
  const pairs = url.search.slice(1).split('&');
  const kept = pairs.filter((pair) => !names.includes(decoded(pair.split('=')[0] ?? '')));
  if (kept.length < pairs.length) url.search = kept.join('&');
  return url.href;
}

function decoded(name: string): string {
  return [...new URLSearchParams(`${name}=`).keys()][0] ?? '';
}

/** A copy with one member set. Maps along the path are copied; anything else along it is replaced by a map. */
function withMember(value: unknown, [name = '', ...rest]: readonly string[], to: string | number): unknown {
  const map = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const member = Object.hasOwn(map, name) ? (map as { [name: string]: unknown })[name] : undefined;
  const set = rest.length === 0 ? to : withMember(member, rest, to);
  return Object.fromEntries([...Object.entries(map).filter(([one]) => one !== name), [name, set]]);
}
