import type { Delivery } from '../../../src/model.ts';
import type { DeliveryQuery } from '../../../src/store/archive.ts';
import type { Backlog, Retention, Store } from '../../../src/store/contract.ts';

/** Key → digest and text of everything in a source's snapshot. */
export async function snapshot(
  store: Store,
  source: string,
): Promise<Map<string, { digest: string; text: string }>> {
  const digests = new Map<string, string>();
  for await (const batch of store.digests(source)) {
    for (const [key, digest] of batch) {
      if (digests.has(key)) throw new Error(`key ${JSON.stringify(key)} came twice`);
      digests.set(key, digest);
    }
  }
  const texts = await store.values(source, digests.keys());
  return new Map([...digests].map(([key, digest]) => [key, { digest, text: texts.get(key) ?? 'no value' }]));
}

/** All deliveries that a query finds, read page by page. */
export async function allDeliveries(store: Store, query: Partial<DeliveryQuery> = {}): Promise<Delivery[]> {
  const found: Delivery[] = [];
  let after: string | null = null;
  do {
    const page = await store.deliveries({ limit: 50, ...query, ...(after === null ? {} : { after }) });
    found.push(...page.items);
    if (page.next !== null && page.next === after) throw new Error(`paging stands still after ${after}`);
    after = page.next;
  } while (after !== null);
  return found;
}

export async function delivery(store: Store, id: string): Promise<Delivery | undefined> {
  return (await allDeliveries(store)).find((one) => one.id === id);
}

/** The backlog of those webhooks that are owed or have lost something, by name. */
export async function backlog(store: Store): Promise<Backlog[]> {
  return (await store.backlog())
    .filter(({ pending, dead }) => pending + dead > 0)
    .sort((a, b) => (a.webhook < b.webhook ? -1 : 1));
}

/** Retains until nothing is left to remove; gives the number of steps. */
export async function retainAll(store: Store, limits: Retention): Promise<number> {
  for (let steps = 1; steps <= 10_000; steps += 1) if (!(await store.retain(limits))) return steps;
  throw new Error('retention does not come to an end');
}
