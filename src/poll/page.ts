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

/** What one answer showed: all that an unpaged source has, or a page. */
export interface Page {
  readonly kind: 'page';
  /** Where it is, as the pages of a source tell themselves apart; empty for the source itself. */
  readonly name: string;
  readonly status: number;
  readonly notBefore: number | null;
  /** Bytes that came, decompressed. */
  readonly size: number;
  /** Compared with the page of this name that was accepted before. */
  readonly reading: Reading;
  readonly remembered: RememberedPage;
  /** All its records. */
  records(): Promise<readonly SourceRecord[] | Failure>;
  /** The document that they are in. */
  document(): Promise<Json>;
}

/** A page that was accepted, for the next one to be compared with. */
export interface RememberedPage {
  readonly validators: Validators | null;
  /** Null if only validators are known, after a restart. */
  readonly witness: Witness | null;
  /** Null for an unpaged source. */
  readonly facts: PageFacts | null;
  /** How many records the answer says there are; undefined if that is not asked, or not said. */
  readonly total: Json | undefined;
}

/** Why there is no page. */
export interface NoPage extends Failed {
  /** Whether the validators that are known may not be used again: another machine answered, or what came is in doubt. */
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
 * Gets one page. `request` is the source, or how a page of it is asked for (fetch/paginate/target.ts); `room` for how many
 * bytes.
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

/** Where an answer says how many records there are; null if it is not asked. */
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

  /** Shows what it showed before: nothing is read unless somebody asks for it. */
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
    // Of a page the whole is needed as soon as anything differs: where the next one is depends on it.
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

  /** The same page as before; but the link to the next one is not in the body. */
  function remembered(
    known: RememberedPage | null,
    { kind, link, validators }: Exclude<Fetched, { kind: 'failed' }>,
  ): RememberedPage {
    // The very page that is known says so: whoever keeps it has nothing to do.
    if (known && !paginate && known.validators === validators) return known;
    const page = known ?? { witness: null, facts: null, total: undefined };
    // A 304 may leave out what it does not change; an answer that has a body leaves out what is not there any more.
    const kept = kind === 'not_modified' ? (page.facts?.link ?? null) : null;
    const facts = page.facts && { ...page.facts, link: link ?? kept };
    return conditional({ ...page, facts, validators });
  }

  /**
   * Without validators where they would say too much: that there is no page after this one is not in the body if links
   * are in a header; and a page that came unchanged has to be at hand when another one did not.
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
