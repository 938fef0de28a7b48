import type { SourceConfig } from '../../config/document.ts';
import { createDecoder } from '../../decode/decode.ts';
import type { Failure } from '../../errors.ts';
import { counted } from '../../lib/units.ts';
import type { Json, SourceRecord } from '../../model.ts';
import type { Body } from './ask.ts';
import { noiseOf } from './noise.ts';
import { pagingOf, withoutParameters } from './pages.ts';
import { lookAt } from './read.ts';
import { recordsOf } from './records.ts';
import { type GetPage, trySecond } from './second.ts';
import { literal, type Option } from './write.ts';

/** The options that read what came, or why there are none. */
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
 * @param configure checks options and makes a source of them
 * @param getPage is asked for one more page, if there seems to be one
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
    const fields = key?.fields.map(literal) ?? ['id'];
    const why = !key
      ? 'a guess, because the list is empty: write the field that identifies a record'
      : key.sure
        ? undefined
        : 'different in every record, but not named like an identifier: make sure that it stays the same';
    options.push({ name: 'key', value: fields.length === 1 ? fields[0] : fields, ...(why && { why }) });
  } else if (found.inside?.items) {
    remarks.push(
      `the whole document is one record; the list ${found.inside.items} in it could be read with \`items\` and \`key\``,
    );
  }
  const paginate = paging?.option ? { name: 'paginate', value: paging.option } : null;
  const second = paginate && (await trySecond(configure([...options, paginate]), first, getPage));
  if (paginate && second?.works) options.push({ ...paginate, why: `${paging?.why}; ${second.told}` });
  else if (second) remarks.push(`${paging?.why}, but ${second.told}`);
  else if (paging?.why) remarks.push(`${paging.why}: if there are more pages, write \`paginate\``);

  const source = configure(options);
  const polls: (readonly SourceRecord[])[] = [];
  const decode = createDecoder(source);
  for (const { body, contentType } of answers) {
    const decoded = await decode(body, contentType, null);
    if (decoded.kind === 'refused') return { kind: 'nothing', failure: decoded.failure, pattern: null };
    if (decoded.reading.kind === 'all') polls.push(decoded.reading.records);
  }
  const { ignore, unordered, moving } = noiseOf(polls);
  if (ignore.length > 0) {
    const why = ignore.map(({ path, why }) => `${path} (${why})`).join(', ');
    options.push({
      name: 'ignore',
      value: ignore.map(({ path }) => literal(path)),
      why: `changed in every poll while nothing else did: ${why}`,
    });
  }
  if (unordered.length > 0)
    options.push({
      name: 'unordered',
      value: unordered.map(literal),
      why: 'came in another order each time',
    });
  if (moving.length > 0)
    remarks.push(
      `changed between the polls, and told as changes: ${moving.map((path) => path || 'the record').join(', ')}; what is noise goes into \`ignore\``,
    );
  return {
    kind: 'proposal',
    url: paging && second?.works ? withoutParameters(url, paging.taken) : url,
    options,
    remarks,
  };
}
