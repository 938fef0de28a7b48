import type { SourceConfig } from '../config/document.ts';
import { createDecoder } from '../decode/decode.ts';
import type { Fetcher } from '../fetch/fetch.ts';
import type { Json } from '../model.ts';
import { createExpectations } from './expectations.ts';
import { createPages, totalPath } from './page.ts';
import { createPaged } from './pages.ts';
import { createWhole, type ReadSnapshot } from './snapshot.ts';

/** @param equal whether the compared parts of two values are equal */
export function createReader(
  source: SourceConfig,
  fetcher: Fetcher,
  equal: (a: Json, b: Json) => boolean,
): ReadSnapshot {
  const { paginate, max_body } = source;
  const expectations = createExpectations(source.expect);
  const getPage = createPages(source, { fetcher, decode: createDecoder(source), expectations });
  const deps = { getPage, expectations, declares: totalPath(source) !== null };
  return paginate ? createPaged({ ...deps, paginate, max_body, equal }) : createWhole(deps);
}
