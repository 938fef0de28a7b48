import type { Allowance } from '../../model.ts';
import type { LimitKey, Reading } from './read.ts';

/** The rate limits that an answer states. Durations in milliseconds from now. */
export interface Limits {
  /** Milliseconds until the server wants to be asked again; null if it does not say. */
  readonly retryAfter: number | null;
  /** The requested interval between two polls; null if it does not say. */
  readonly floor: number | null;
  readonly allowances: readonly Allowance[];
  /** Whether a header names a limit that was exceeded. */
  readonly exceeded: boolean;
}

export const NO_LIMITS: Limits = { retryAfter: null, floor: null, allowances: [], exceeded: false };

/** Milliseconds: longer pauses are taken for mistakes. */
export const LONGEST = 24 * 3_600_000;

interface Draft {
  limit: number | null;
  remaining: number | null;
  used: number | null;
  reset: number | null;
  window: number | null;
}

/** Combines the readings of single headers. Of contradicting values the stricter one counts. */
export function limitsOf(readings: readonly Reading[]): Limits {
  if (readings.length === 0) return NO_LIMITS;
  const drafts = new Map<string, Draft>();
  const standard = readings.find(({ kind, header }) => kind === 'pause' && header === 'retry-after');
  let retryAfter: number | null = standard?.kind === 'pause' ? standard.wait : null;
  let floor: number | null = null;
  for (const reading of readings) {
    if (reading.kind === 'floor') floor = Math.min(LONGEST, Math.max(floor ?? 0, reading.wait));
    if (reading.kind === 'pause' && !standard)
      retryAfter = Math.min(LONGEST, Math.max(retryAfter ?? 0, reading.wait));
    if ('of' in reading) note(draftOf(drafts, reading.of), reading);
  }
  const allowances = [...drafts].flatMap(([name, draft]) =>
    allowance(name, draft, drafts.get(familyOf(name))),
  );
  return { retryAfter, floor, allowances, exceeded: readings.some(({ kind }) => kind === 'reason') };
}

function draftOf(drafts: Map<string, Draft>, { family, part }: LimitKey): Draft {
  const name = part === '' ? family : `${family}/${part}`;
  const known = drafts.get(name) ?? { limit: null, remaining: null, used: null, reset: null, window: null };
  drafts.set(name, known);
  return known;
}

function familyOf(name: string): string {
  return name.split('/', 1)[0] ?? '';
}

function note(draft: Draft, reading: Extract<Reading, { of: LimitKey }>): void {
  switch (reading.kind) {
    case 'limit':
    case 'remaining':
      draft[reading.kind] = Math.min(draft[reading.kind] ?? reading.amount, reading.amount);
      break;
    case 'used':
      draft.used = Math.max(draft.used ?? 0, reading.amount);
      break;
    case 'reset':
      draft.reset = Math.max(draft.reset ?? 0, reading.wait);
      return;
  }
  draft.window = Math.max(draft.window ?? 0, reading.window ?? 0) || null;
}

/** Completes a limit from its family of headers. One of which only the name or the reset is known is dropped. */
function allowance(name: string, draft: Draft, family: Draft | undefined): Allowance[] {
  const { limit, used } = draft;
  const unused = limit !== null && used !== null ? Math.max(0, limit - used) : null;
  const remaining = draft.remaining ?? unused;
  if (limit === null && remaining === null) return [];
  const window = draft.window ?? family?.window ?? null;
  const reset = draft.reset ?? (draft.window === null ? (family?.reset ?? null) : null);
  return [{ name, limit, remaining: remaining === null ? null : Math.floor(remaining), reset, window }];
}
