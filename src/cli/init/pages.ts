import { nextLink } from '../../fetch/paginate/link.ts';
import { isObject } from '../../lib/json.ts';
import { isDottedPath, valueAt } from '../../lib/path.ts';
import type { Json } from '../../model.ts';

/** The pagination that an answer suggests. */
export interface Paging {
  /** The option `paginate`; null when the answer seems to be all. */
  readonly option: Readonly<Record<string, string | number>> | null;
  /** The evidence for it. */
  readonly why: string;
  /** Parameters that the option sets, so that they have to be removed from the URL. */
  readonly taken: readonly string[];
  /** Path of the declared number of records; null if there is none. */
  readonly total: string | null;
}

const NEXT = /^(?:@?next|next_?(?:url|link|page|href|page_?url)|(?:@odata\.)?nextLink|__next)$/i;
const CURSOR = /^(?:next_?)?(?:page_?)?(?:cursor|token|continuation(?:_?token)?|marker|scroll_?id)$/i;
const TOTAL =
  /^(?:total|total_?(?:count|results|items|records|elements)|count_?total|numfound|x?total|@odata\.count|__count)$/i;
const PAGES = /^(?:total_?pages|pages|page_?count|last_?page|num_?pages)$/i;
const PAGE = /^(?:page|page_?(?:no|num|number|index)|seite)$/i;
const OFFSET = /^(?:offset|start|skip|start_?(?:at|index)|from|\$skip)$/i;
const SIZE = /^(?:limit|per_?page|page_?size|size|count|rows|max_?results|\$top|top|num)$/i;

interface Answer {
  /** The URL of the answer, as it will be written. */
  readonly url: string;
  readonly link: string | null;
  readonly document: Json;
  /** Records in it. */
  readonly count: number;
}

/** Looks for the usual signs: a `Link` header, a next URL or cursor in the body, parameters of the URL, totals. */
export function pagingOf({ url, link, document, count }: Answer): Paging {
  const fields = membersOf(document);
  const find = (name: RegExp, fits: (value: Json) => boolean) =>
    fields.find(([path, value]) => name.test(path.at(-1) ?? '') && fits(value))?.[0].join('.') ?? null;
  const isCount = (value: Json) => /^\d{1,9}$/.test(String(value));
  const total = find(TOTAL, isCount);
  const none = { taken: [], total };
  if (link !== null && nextLink(link) !== null)
    return { ...none, option: { type: 'link' }, why: 'a Link header names a next page' };

  const next = find(NEXT, isUrl) ?? nextHref(fields);
  if (next)
    return { ...none, option: { type: 'next', path: next }, why: `${next} holds the URL of the next page` };
  const cursor = find(CURSOR, (value) => typeof value === 'string' && value !== '' && !isUrl(value));
  if (cursor) {
    const param = parameterFor(cursor.split('.').at(-1) ?? '');
    return {
      ...none,
      option: { type: 'cursor', path: cursor, param },
      why: `${cursor} holds a token for more`,
    };
  }

  const asked = parametersOf(url);
  const size = asked.find(([name]) => SIZE.test(name));
  const page = asked.find(([name, value]) => PAGE.test(name) && isCount(value));
  const offset = asked.find(([name, value]) => OFFSET.test(name) && isCount(value));
  const pages = find(PAGES, isCount);
  const declared = total === null ? null : Number(valueAt(document, total.split('.')));
  const more = declared !== null && count > 0 && declared > count;
  if (offset || (more && find(OFFSET, isCount) && !page)) {
    const param = offset?.[0] ?? find(OFFSET, isCount)?.split('.').at(-1) ?? 'offset';
    const limit = size ? { limit_param: size[0], limit: Number(size[1]) } : {};
    return {
      option: { type: 'offset', param, ...limit, ...(total && { total }) },
      why: offset ? `the URL has ${param}` : `there are ${declared} and only ${count} came`,
      taken: [param, ...(size ? [size[0]] : [])],
      total,
    };
  }
  const several = pages !== null && Number(valueAt(document, pages.split('.'))) > 1;
  if (page || several || (more && find(PAGE, isCount))) {
    const param = page?.[0] ?? 'page';
    const start = page && Number(page[1]) === 0 ? { start: 0 } : {};
    const width = size ? { size_param: size[0], size: Number(size[1]) } : {};
    return {
      option: { type: 'page', param, ...start, ...width, ...(pages && { pages }) },
      why: page ? `the URL has ${param}` : `the answer is one page of several`,
      taken: [param, ...(size ? [size[0]] : [])],
      total,
    };
  }
  return {
    ...none,
    option: null,
    why: more ? `it says that there are ${declared}, and only ${count} came` : '',
  };
}

/** HAL and others: `{"next": {"href": …}}`. */
function nextHref(fields: readonly (readonly [path: readonly string[], value: Json])[]): string | null {
  const found = fields.find(
    ([path, value]) => NEXT.test(path.at(-2) ?? '') && /^href$|^url$/.test(path.at(-1) ?? '') && isUrl(value),
  );
  return found?.[0].join('.') ?? null;
}

/** Members of the document outside of lists, up to three levels deep, whose names can be written in a path. */
function membersOf(document: Json, path: readonly string[] = []): (readonly [readonly string[], Json])[] {
  if (!isObject(document) || path.length > 3) return [];
  return Object.entries(document).flatMap(([name, value]) => {
    if (!isDottedPath(name)) return [];
    const inner = [...path, name];
    return isObject(value) ? membersOf(value, inner) : Array.isArray(value) ? [] : [[inner, value] as const];
  });
}

function isUrl(value: Json): boolean {
  return typeof value === 'string' && /^(?:https?:\/\/|\/|\?|[\w./-]+\?)\S+$/.test(value);
}

/** The parameter for a token: the name that it came with, without a prefix like `next`. */
function parameterFor(name: string): string {
  return name.replace(/^next_?(?=.)/i, '').replace(/^[A-Z]/, (sign) => sign.toLowerCase());
}

function parametersOf(url: string): (readonly [name: string, value: string])[] {
  const [, query = ''] = url.split('?', 2);
  return query.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split('=', 2);
    return [name, value] as const;
  });
}

/** A URL without some of its parameters; all other bytes stay as they are. */
export function withoutParameters(url: string, names: readonly string[]): string {
  const [path = '', query] = url.split('?', 2);
  if (query === undefined) return url;
  const kept = query.split('&').filter((pair) => !names.includes(pair.split('=', 1)[0] ?? ''));
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`;
}
