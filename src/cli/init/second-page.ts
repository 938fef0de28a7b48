import type { SourceConfig } from '../../config/document.ts';
import { createDecoder } from '../../decode/decode.ts';
import type { Failure } from '../../errors.ts';
import { createPager, followed } from '../../fetch/paginate/pager.ts';
import type { PageFacts } from '../../fetch/paginate/step.ts';
import { pageOf } from '../../fetch/paginate/target.ts';
import { parsePath, valueAt } from '../../lib/path.ts';
import { counted } from '../../lib/units.ts';
import type { Body } from './ask.ts';

/** Asks once, as a source is configured. */
export type GetPage = (source: SourceConfig) => Promise<Body | Failure>;

/** What came of fetching the second page as `paginate` says. */
export interface SecondPage {
  /** Whether `paginate` led to a second page. */
  readonly works: boolean;
  /** The result in words. */
  readonly remark: string;
}

/**
 * Fetches the page after the first one, to try out `paginate`.
 *
 * @param source with `paginate`
 */
export async function trySecondPage(
  source: SourceConfig,
  first: Body,
  getPage: GetPage,
): Promise<SecondPage> {
  const { paginate } = source;
  if (!paginate) throw new Error('there are no pages to try');
  const way = followed(paginate);
  const decode = createDecoder(source);
  const factsOf = async ({ body, contentType, url, link }: Body): Promise<PageFacts | Failure> => {
    const decoded = await decode(body, contentType, null);
    if (decoded.kind === 'refused') return decoded.failure;
    const keys = decoded.reading.kind === 'all' ? decoded.reading.records.map(({ key }) => key) : [];
    return { url, link, keys, there: way === null ? undefined : valueAt(decoded.document(), parsePath(way)) };
  };
  const failed = ({ message }: Failure): SecondPage => ({
    works: true,
    remark: `the next page could not be read (${message}): check that all pages are read`,
  });

  const before = await factsOf(first);
  if ('code' in before) return failed(before);
  const step = createPager(paginate, null, false).next(before);
  if (step.kind === 'failed') return failed(step.failure);
  if (step.kind !== 'page') return { works: true, remark: 'this answer is all of it so far' };
  const answer = await getPage({ ...pageOf(source, step.target), conditional: false });
  const after = 'code' in answer ? answer : await factsOf(answer);
  if ('code' in after) return failed(after);
  const known = new Set(before.keys);
  const others = after.keys.filter((key) => !known.has(key)).length;
  const again = after.keys.length - others;
  if (again > 0 && others === 0)
    return { works: false, remark: `\`paginate: ${JSON.stringify(paginate)}\` gives the first page again` };
  const both = again > 0 ? `, and ${again} of the first again` : '';
  return {
    works: true,
    remark: `the next page was tried, and has ${counted(others, 'other record')}${both}`,
  };
}
