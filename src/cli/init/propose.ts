import type { SourceConfig } from '../../config/document.ts';
import { createDecoder } from '../../decode/decode.ts';
import type { Failure } from '../../errors.ts';
import { counted } from '../../lib/units.ts';
import type { Json, SourceRecord } from '../../model.ts';
import type { Body } from './ask.ts';
import type { Key } from './key.ts';
import { type Noise, noiseOf } from './noise.ts';
import { pagingOf, withoutParameters } from './pages.ts';
import { lookAt } from './read.ts';
import { recordsOf } from './records.ts';
import { type GetPage, trySecondPage } from './second-page.ts';
import { literal, type Option } from './write.ts';

/** The proposed options, or why there are none. */
export type Proposal =
  | {
      readonly kind: 'proposal';
      /** The URL without what `paginate` sends. */
      readonly url: string;
      readonly options: readonly Option[];
      readonly remarks: readonly string[];
    }
  | { readonly kind: 'nothing'; readonly failure: Failure; readonly pattern: string | null };

/**
 * Proposes how to read the answers of a source.
 *
 * @param url as it will be written
 * @param answers at least one
 * @param configure checks options and makes a source from them
 * @param getPage fetches one more page, if there seems to be one
 */
export async function propose(
  url: string,
  answers: readonly [Body, ...Body[]],
  configure: (options: readonly Option[]) => SourceConfig,
  getPage: GetPage,
): Promise<Proposal> {
  const [first] = answers;
  const look = lookAt(first.body, first.contentType);
  if (look.kind === 'unreadable') return { ...look, kind: 'nothing' };
  const documents: Json[] = [];
  for (const { body, contentType } of answers) {
    const read = look.read(body, contentType);
    if ('code' in read) return { kind: 'nothing', failure: read, pattern: null };
    documents.push(read.value);
  }
  const { format } = look;
  const found = recordsOf(documents, format !== 'json' && format !== 'xml', format === 'xml');
  const options: Option[] = [...look.options];
  const remarks: string[] = [];

  const paging =
    found.kind === 'list'
      ? pagingOf({ url, link: first.link, document: documents[0] ?? null, count: found.list.records.length })
      : null;
  if (found.kind === 'list') {
    const { list, key } = found;
    if (!key && list.records.length > 0) {
      const message = `none of the fields of the ${counted(list.records.length, 'record')}, and no two together, identify one`;
      return { kind: 'nothing', failure: { code: 'DECODE_KEY', message }, pattern: null };
    }
    if (list.items !== null)
      options.push({
        name: 'items',
        value: literal(list.items),
        why: counted(list.records.length, 'record'),
      });
    options.push(keyOption(key));
  } else if (found.inside) {
    const { items, records } = found.inside;
    remarks.push(
      items === null
        ? `the whole list is one record: no field, and no two together, identify each of its ${records.length}`
        : `the whole document is one record; the list ${items} in it could be read with \`items\` and \`key\``,
    );
  }
  const paginate = paging?.option ? { name: 'paginate', value: paging.option } : null;
  const second = paginate && (await trySecondPage(configure([...options, paginate]), first, getPage));
  if (paginate && second?.works) options.push({ ...paginate, why: `${paging?.why}; ${second.remark}` });
  else if (second) remarks.push(`${paging?.why}, but ${second.remark}`);
  else if (paging?.why) remarks.push(`${paging.why}: if there are more pages, write \`paginate\``);

  const source = configure(options);
  const polls: (readonly SourceRecord[])[] = [];
  const decode = createDecoder(source);
  for (const { body, contentType } of answers) {
    const decoded = await decode(body, contentType, null);
    if (decoded.kind === 'refused') return { kind: 'nothing', failure: decoded.failure, pattern: null };
    if (decoded.reading.kind === 'all') polls.push(decoded.reading.records);
  }
  const noise = noiseOf(polls);
  options.push(...noiseOptions(noise));
  const moving = noise.moving.map((path) => path || 'the record').join(', ');
  if (moving !== '')
    remarks.push(`changed between the polls, and reported as changes: ${moving}; add noise to \`ignore\``);
  return {
    kind: 'proposal',
    url: paging && second?.works ? withoutParameters(url, paging.taken) : url,
    options,
    remarks,
  };
}

/** Null: the list is empty. */
function keyOption(key: Key | null): Option {
  const [field = 'id', ...others] = key?.fields.map(literal) ?? [];
  const value = others.length === 0 ? field : [field, ...others];
  const guess = 'a guess, because the list is empty: write the field that identifies a record';
  const chance =
    'different in every record, but not named like an identifier: make sure that it stays the same';
  return { name: 'key', value, ...(!key?.sure && { why: key ? chance : guess }) };
}

function noiseOptions({ ignore, unordered }: Noise): Option[] {
  const why = ignore.map(({ path, why }) => `${path} (${why})`).join(', ');
  return [
    {
      name: 'ignore',
      value: ignore.map(({ path }) => literal(path)),
      why: `changed in every poll while nothing else did: ${why}`,
    },
    { name: 'unordered', value: unordered.map(literal), why: 'came in another order each time' },
  ].filter(({ value }) => value.length > 0);
}
