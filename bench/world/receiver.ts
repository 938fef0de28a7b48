import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a receiver can tell of what it got. */
export interface Receipts {
  readonly received: number;
  /** Events of a record that came after a later one of the same record. */
  readonly disorder: number;
}

/** Takes webhooks: `/hook/NAME`. Each path counts for itself. */
export function createReceiver(sent: ReadonlyMap<number, number>) {
  const last = new Map<string, number>();
  const receipts = new Map<string, Receipts>();
  /** Paths that answer 503. */
  const dead = new Set<string>();
  /** Milliseconds from the answer that showed a change to the webhook about it, per path. */
  const latencies = new Map<string, number[]>();

  async function take(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const now = performance.now();
    const alive = !dead.has(path);
    response.writeHead(alive ? 204 : 503).end();
    if (alive) note(path, JSON.parse(Buffer.concat(chunks).toString()).data, now);
  }

  function note(path: string, { source, key, sequence, current }: EventData, now: number): void {
    const stream = `${path} ${source}/${key}`;
    const { received, disorder } = receipts.get(path) ?? { received: 0, disorder: 0 };
    const late = sequence < (last.get(stream) ?? 0);
    last.set(stream, sequence);
    receipts.set(path, { received: received + 1, disorder: disorder + (late ? 1 : 0) });
    const began = sent.get(current?.revision ?? -1);
    if (began !== undefined) latencies.set(path, [...(latencies.get(path) ?? []), now - began]);
  }

  return {
    take,
    receipts: (path: string): Receipts => receipts.get(path) ?? { received: 0, disorder: 0 },
    /** Gives what was measured since the last time. */
    takeLatencies(path: string): readonly number[] {
      const found = latencies.get(path) ?? [];
      latencies.delete(path);
      return found;
    },
    revive: (path: string) => dead.delete(path),
    kill: (path: string) => dead.add(path),
  };
}

interface EventData {
  readonly source: string;
  readonly key: string;
  readonly sequence: number;
  readonly current: { readonly revision?: number } | null;
}
