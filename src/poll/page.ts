import type { SourceConfig } from '../config/document.ts';
import type { Decoded, Decoder } from '../decode/decode.ts';
import { isSame, keepsBody, unpack, type Witness } from '../decode/witness.ts';
import type { Failure } from '../errors.ts';
import type { Fetched, Fetcher } from '../fetch/fetch.ts';
import { nextLink } from '../fetch/paginate/link.ts';
import { followed } from '../fetch/paginate/pager.ts';
import type { PageFacts } from '../fetch/paginate/step.ts';
import type { Received } from '../lib/http/received.ts';
import { parsePath, valueAt } from '../lib/path.ts';
import type { Json, Reading, SourceRecord, Validators } from '../model.ts';
import type { Expectations } from './expectations.ts';
import type { Failed } from './outcome.ts';

/** One answer, decoded: a page of a list, or everything that an unpaged source has. */
export interface Page {
  readonly kind: 'page';
  /** Identifies the page within its source; empty for an unpaged source. */
  readonly name: string;
  readonly status: number;
  readonly notBefore: number | null;
  /** Bytes of the decompressed body. */
  readonly size: number;
  /** Compared with the page of this name that was accepted before. */
  readonly reading: Reading;
  readonly remembered: RememberedPage;
  /** All its records. */
  records(): Promise<readonly SourceRecord[] | Failure>;
  /** The whole document. */
  document(): Promise<Json>;
}

/** A page that was accepted, for the next one to be compared with. */
export interface RememberedPage {
  readonly validators: Validators | null;
  /** Null if only validators are known, after a restart. */
  readonly witness: Witness | null;
  /** Null for an unpaged source. */
  readonly facts: PageFacts | null;
  /** The total that the answer declares; undefined if it declares none, or none is configured. */
  readonly total: Json | undefined;
}

/** Why there is no page. */
export interface NoPage extends Failed {
  /** Whether the known validators must be discarded: the answer came from elsewhere, or is in doubt. */
  readonly forget: boolean;
}

type FetchedBody = Extract<Fetched, { kind: 'body' }>;

const SAME: Reading = { kind: 'same' };

function refused({ status, notBefore }: FetchedBody, failure: Failure): NoPage {
  return { kind: 'failed', failure, status, notBefore, forget: true };
}

function documentOf(decoded: Decoded): Json {
  return decoded.kind === 'reading' ? decoded.document() : null;
}

/**
 * Gets one page. `request` is the source itself, or the request for one of its pages (fetch/paginate/target.ts);
 * `room` is how many bytes it may have.
 */
export type GetPage = (
  name: string,
  request: SourceConfig,
  room: number,
  known: RememberedPage | null,
  signal: AbortSignal,
) => Promise<Page | NoPage>;

export interface PageDeps {
  readonly fetcher: Fetcher;
  readonly decode: Decoder;
  readonly expectations: Expectations;
}

/** Path of the declared number of records in an answer; null if none is configured. */
export function totalPath({ paginate, expect }: SourceConfig): string | null {
  return expect?.total ?? (paginate?.type === 'offset' ? paginate.total : undefined) ?? null;
}

export function createPages(source: SourceConfig, { fetcher, decode, expectations }: PageDeps): GetPage {
  const { paginate } = source;
  const way = paginate ? followed(paginate) : null;
  const total = totalPath(source);

  return async (name, request, room, known, signal) => {
    const fetched = await fetcher.fetch(request, known?.validators ?? null, signal, room);
    if (fetched.kind === 'failed') {
      const { failure, status, notBefore, validators } = fetched;
      return { kind: 'failed', failure, status, notBefore, forget: validators === null };
    }
    if (fetched.kind === 'not_modified') return asKnown(name, known, fetched, null);
    const wrong = expectations.answer(fetched.status, fetched.contentType);
    if (wrong) return refused(fetched, wrong);
    return known?.witness && isSame(known.witness, fetched.body, fetched.contentType)
      ? asKnown(name, known, fetched, fetched.body)
      : read(name, known, fetched);
  };

  /** A page that is the same as before. Nothing is decoded unless its records are asked for. */
  function asKnown(
    name: string,
    known: RememberedPage | null,
    fetched: Exclude<Fetched, { kind: 'failed' }>,
    body: Received | null,
  ): Page {
    const { status, notBefore } = fetched;
    const whole = () => {
      const bytes = body?.bytes ?? (known?.witness && unpack(known.witness)?.body);
      if (!bytes) throw new Error('a page that is not known was asked for its records');
      return [bytes, known?.witness?.contentType ?? null] as const;
    };
    return {
      ...{ kind: 'page', name, status, notBefore, size: body?.length ?? 0, reading: SAME },
      remembered: remembered(known, fetched),
      records: async () => recordsOf(...whole()),
      document: async () => documentOf(await decode(...whole(), null)),
    };
  }

  async function read(
    name: string,
    known: RememberedPage | null,
    fetched: FetchedBody,
  ): Promise<Page | NoPage> {
    const { status, notBefore, validators, contentType } = fetched;
    const body = fetched.body.bytes;
    // A page of a list is decoded as a whole as soon as anything differs: it also says where the next page is.
    const decoded = await decode(body, contentType, paginate ? null : (known?.witness ?? null));
    if (decoded.kind === 'refused') return refused(fetched, decoded.failure);
    const soft = await expectations.document(decoded.document);
    if (soft) return refused(fetched, soft);
    const { reading, witness } = decoded;
    return {
      ...{ kind: 'page', name, status, notBefore, size: body.length, reading },
      remembered: conditional({ validators, witness, ...factsOf(decoded, fetched) }),
      records: async () => (reading.kind === 'all' ? reading.records : recordsOf(body, contentType)),
      document: async () => decoded.document(),
    };
  }

  function factsOf(
    { reading, document }: Extract<Decoded, { kind: 'reading' }>,
    { url, link }: FetchedBody,
  ): Pick<RememberedPage, 'facts' | 'total'> {
    const at = (path: string | null) => (path === null ? undefined : valueAt(document(), parsePath(path)));
    const keys = reading.kind === 'all' ? reading.records.map(({ key }) => key) : [];
    return { facts: paginate ? { url, link, keys, there: at(way) } : null, total: at(total) };
  }

  /**
   * Remembers a page whose body is the same as before. The link to the next page, which is not in the body, may
   * differ.
   */
  function remembered(
    known: RememberedPage | null,
    { kind, link, validators }: Exclude<Fetched, { kind: 'failed' }>,
  ): RememberedPage {
    // The same object says that nothing has changed.
    if (known && !paginate && known.validators === validators) return known;
    const page = known ?? { witness: null, facts: null, total: undefined };
    // A 304 may leave out what it does not change; an answer that has a body leaves out what is not there any more.
    const kept = kind === 'not_modified' ? (page.facts?.link ?? null) : null;
    const facts = page.facts && { ...page.facts, link: link ?? kept };
    return conditional({ ...page, facts, validators });
  }

  /**
   * Drops validators where a 304 would say too little: the `Link` header of a last page may gain a next page while
   * its body stays the same; and the body of an unchanged page has to be at hand when another page has changed.
   */
  function conditional(page: RememberedPage): RememberedPage {
    if (!paginate) return page;
    const last = paginate.type === 'link' && nextLink(page.facts?.link ?? '') === null;
    return last || !page.witness || !keepsBody(page.witness) ? { ...page, validators: null } : page;
  }

  async function recordsOf(
    body: Buffer,
    contentType: string | null,
  ): Promise<readonly SourceRecord[] | Failure> {
    const decoded = await decode(body, contentType, null);
    if (decoded.kind === 'refused') return decoded.failure;
    if (decoded.reading.kind !== 'all') throw new Error('a page was compared, not read');
    return decoded.reading.records;
  }
}
