import type { SourceConfig } from '../config/document.ts';
import { isWorthPacking, pack } from '../decode/witness.ts';
import type { SourceState, Validators } from '../model.ts';
import type { RememberedPage } from './page.ts';
import type { Stability } from './stability.ts';

/** What was accepted last, for the next reading to be compared with. */
export interface Remembered {
  /** By the names of the places where they are. */
  readonly pages: ReadonlyMap<string, RememberedPage>;
  /** Null when there is nothing to compare the next reading with. */
  readonly stability: Stability | null;
  /** The size of its pages, if the server gives others than it is asked for; else null. */
  readonly size: number | null;
}

export const NOTHING_KNOWN: Remembered = { pages: new Map(), stability: null, size: null };

type Kind = Pick<SourceConfig, 'paginate' | 'incremental'>;

/** Whether one answer shows everything, so that its validators say whether anything changed. */
function isWhole({ paginate, incremental }: Kind): boolean {
  return !paginate && !incremental;
}

/**
 * What is left of it in the state: the validators of the one answer that it came from. What is asked of an answer may
 * be new, and a 304 would not say whether the one that it stands for meets it.
 */
export function rememberedFrom(
  source: Kind & Pick<SourceConfig, 'expect' | 'until'>,
  { validators }: SourceState,
): Remembered {
  if (!isWhole(source) || source.expect || source.until || validators === null) return NOTHING_KNOWN;
  const page = { validators, witness: null, facts: null, total: undefined };
  return { ...NOTHING_KNOWN, pages: new Map([['', page]]) };
}

/** What can be stored of it. */
export function validatorsOf(source: Kind, { pages }: Remembered): Validators | null {
  return isWhole(source) ? (pages.get('')?.validators ?? null) : null;
}

/** What of a reading serves the next one. A part says nothing about the next part, nor about the whole. */
export function accepted(source: Kind, now: Remembered, settled: boolean): Remembered {
  if (source.incremental) return { ...NOTHING_KNOWN, size: now.size };
  return settled ? now : { ...now, pages: NOTHING_KNOWN.pages };
}

export function withoutValidators(known: Remembered): Remembered {
  const pages = [...known.pages].map(([name, page]) => [name, { ...page, validators: null }] as const);
  return { ...known, pages: new Map(pages) };
}

/** Packs the pages that were the same again: they are likely to stay so. A promise only if there are any. */
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
