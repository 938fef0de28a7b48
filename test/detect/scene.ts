import assert from 'node:assert/strict';
import type { Detected, Detection, Doubt, Verdict } from '../../src/detect/contract.ts';
import { createDetector } from '../../src/detect/detect.ts';
import { heldIn } from '../../src/detect/held.ts';
import { isFinished } from '../../src/detect/until.ts';
import type { Json, Reading, SourceState, StoredRecord } from '../../src/model.ts';
import { AFTER_RESET } from '../../src/store/contract.ts';

export type Options = Parameters<typeof createDetector>[0];

export const OPTIONS: Options = {
  url: 'https://x.test/',
  method: 'GET',
  query: {},
  body: undefined,
  format: 'auto',
  items: 'items',
  key: ['id'],
  only: undefined,
  ignore: [],
  unordered: [],
  tolerance: [],
  confirm: { enter: 1, leave: 1, when: null },
  initial: 'baseline',
  until: undefined,
  deletes: { confirm: 2, guard: { count: 10, ratio: 0.1 }, allow_empty: false },
};

export type Row = { readonly id: number; readonly [name: string]: Json };

/** A source whose polls are given as lists of records, with the state that a store would keep. A poll takes a second. */
export class Scene {
  readonly #options: Options;
  readonly #stored = new Map<string, StoredRecord>();
  #state: SourceState | null = null;
  #time = 1000;
  #shown: number | null = null;
  #trusted: number | null = null;
  /** What the operator said. */
  verdict: Verdict | null = null;

  constructor(options: Partial<Options> = {}) {
    this.#options = { ...OPTIONS, ...options };
  }

  get state(): SourceState | null {
    return this.#state;
  }

  get finished(): boolean {
    return isFinished(this.#options, this.#state);
  }

  change(options: Partial<Options>): void {
    Object.assign(this.#options, options);
  }

  /** As `state reset` leaves it. */
  reset(): void {
    this.#stored.clear();
    if (this.#state) this.#state = { ...this.#state, ...AFTER_RESET, records: 0 };
  }

  /** `same`: what the poll before showed, as a 304 says it. */
  async poll(records: readonly Row[] | 'same'): Promise<Detected> {
    return this.seen(
      records === 'same'
        ? { kind: 'same' }
        : { kind: 'all', records: records.map((value) => ({ key: String(value.id), value })) },
      records === 'same' ? null : { items: records },
    );
  }

  /** A document that is the one record. */
  async document(value: Json): Promise<Detected> {
    return this.seen({ kind: 'all', records: [{ key: '', value }] }, value);
  }

  async seen(reading: Reading, document: Json = null): Promise<Detected> {
    const detected = await this.look(reading, document);
    assert.ok(detected.kind === 'detected');
    return detected;
  }

  /** Time passes without an answer. */
  fail(): void {
    this.#time += 1000;
  }

  async look(reading: Reading, document: Json = null): Promise<Detection> {
    this.#time += 1000;
    const { comparison, detect } = createDetector(this.#options);
    const window = { after: this.#shown, by: this.#time };
    const stored = this.#stored;
    const detected = await detect(
      {
        reading,
        document: () => document,
        state: this.#state,
        window,
        trusted: this.#trusted,
        verdict: this.verdict,
      },
      {
        async *digests() {
          yield [...stored].map(([key, { digest }]) => [key, digest] as const);
        },
        values: async (keys) =>
          new Map(
            [...keys].flatMap((key) => (stored.has(key) ? [[key, stored.get(key)?.text as string]] : [])),
          ),
      },
    );
    if (detected.kind === 'unsure') return detected;
    this.#store(detected, comparison);
    this.#restart(detected, comparison);
    return detected;
  }

  /** A process that starts now knows the same of what is held, unless this poll has changed of how many. */
  #restart({ basis, doubt, changes, absent }: Detected, comparison: string): void {
    const same = this.#state?.absent === absent && this.#state.comparison === comparison;
    if (basis !== 'stored' || changes.length > 0 || !same) return;
    const essence = (held: Doubt | null) => held && { ...held, examples: held.examples.length };
    assert.deepEqual(essence(heldIn(this.#options, this.#state, this.verdict)), essence(doubt));
  }

  #store(detected: Detected, comparison: string): void {
    this.#shown = this.#time;
    if (!detected.doubt) this.#trusted = this.#time;
    if (!detected.differs) return;
    const stored = this.#stored;
    if (detected.basis !== 'stored') stored.clear();
    for (const key of detected.removes) stored.delete(key);
    for (const record of detected.upserts) stored.set(record.key, record);
    const { absent, unconfirmed, ending } = detected;
    this.#state = {
      source: 's',
      version: (this.#state?.version ?? 0) + 1,
      sequence: 0,
      records: stored.size,
      comparison,
      validators: null,
      absent,
      unconfirmed,
      ...(ending && { ending }),
      shown: this.#time,
    };
  }
}

export const rows = (count: number, from = 1) =>
  Array.from({ length: count }, (_, at) => ({ id: from + at, v: 1 }));

export const told = ({ changes }: Detected) => changes.map(({ change, key }) => `${change} ${key}`);
