import type { SourceConfig } from '../config/document.ts';
import { isWorthPacking, pack } from '../decode/witness.ts';
import type { SourceState, Validators } from '../model.ts';
import type { RememberedPage } from './page.ts';
import type { Stability } from './stability.ts';

/** What the last poll accepted: the next reading is compared with it. */
export interface Remembered {
  /** By their names. */
  readonly pages: ReadonlyMap<string, RememberedPage>;
  /** Null when there is nothing to compare the next reading with. */
  readonly stability: Stability | null;
  /** Size of the pages, if the server caps it below what is asked for; else null. */
  readonly size: number | null;
}

export const NOTHING_KNOWN: Remembered = { pages: new Map(), stability: null, size: null };

type Kind = Pick<SourceConfig, 'paginate' | 'incremental'>;

/** Whether one answer shows everything, so that a 304 says that nothing has changed. */
function isWhole({ paginate, incremental }: Kind): boolean {
  return !paginate && !incremental;
}

/**
 * What can be restored from the state: the validators of a source with a single answer. Not if the answer has to meet
 * conditions (`expect`, `until`), which may be new: a 304 does not say whether the old answer meets them.
 */
export function rememberedFrom(
  source: Kind & Pick<SourceConfig, 'expect' | 'until'>,
  { validators }: SourceState,
): Remembered {
  if (!isWhole(source) || source.expect || source.until || validators === null) return NOTHING_KNOWN;
  const page = { validators, witness: null, facts: null, total: undefined };
  return { ...NOTHING_KNOWN, pages: new Map([['', page]]) };
}

/** The validators to store; null if none can be. */
export function validatorsOf(source: Kind, { pages }: Remembered): Validators | null {
  return isWhole(source) ? (pages.get('')?.validators ?? null) : null;
}

/** What the next reading can be compared with. The answer of an incremental poll says nothing about the next one. */
export function accepted(source: Kind, now: Remembered, settled: boolean): Remembered {
  if (source.incremental) return { ...NOTHING_KNOWN, size: now.size };
  return settled ? now : { ...now, pages: NOTHING_KNOWN.pages };
}

export function withoutValidators(known: Remembered): Remembered {
  const pages = [...known.pages].map(([name, page]) => [name, { ...page, validators: null }] as const);
  return { ...known, pages: new Map(pages) };
}

/** Compresses pages that were the same again, as they are likely to stay so. A promise only if there are any. */
export function atRest(now: Remembered, before: Remembered | null): Remembered | Promise<Remembered> {
  for (const [name, { witness }] of now.pages)
    if (witness && isWorthPacking(witness) && witness === before?.pages.get(name)?.witness)
      return packed(now, before);
  return now;
}

async function packed(now: Remembered, before: Remembered): Promise<Remembered> {
  const pages = new Map(now.pages);
  for (const [name, page] of now.pages) {
    const { witness } = page;
    if (witness && witness === before.pages.get(name)?.witness)
      pages.set(name, { ...page, witness: await pack(witness) });
  }
  return { ...now, pages };
}
