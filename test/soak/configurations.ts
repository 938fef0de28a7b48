import type { Chance } from '../crash/chance.ts';

export const SOURCES = ['s0', 's1', 's2', 's3', 's4', 's5'] as const;
export const WEBHOOKS = ['always', 'b', 'c'] as const;

/**
 * A configuration by chance; null: the one with everything. `always` is always there, and gets all events of all sources,
 * so that what it got shows whether any was lost.
 */
export function configuration(
  chance: Chance | null,
  { source, receiver }: { readonly source: string; readonly receiver: string },
): string {
  const likely = (much: number) => chance === null || chance.draw() < much;
  const number = (from: number, to: number) =>
    chance && chance.draw() < 0.1 ? from + chance.below(to - from) : from;
  const webhooks = WEBHOOKS.filter((name) => name === 'always' || likely(0.8));
  return `
server: { listen: "127.0.0.1:0" }
log: { level: ${likely(0.5) ? 'info' : 'warn'}, format: json }
retention: { delivered: ${number(5, 9)}s, max_events: ${number(500, 600)} }
budgets: { shared: { rate: ${number(1000, 1010)}/1s, concurrency: ${number(3, 6)} } }
sources:
${SOURCES.filter(() => likely(0.95))
  .map((name) => {
    const targets = webhooks.filter((one) => one === 'always' || likely(0.9));
    return `  ${name}: { url: "${source}/${name}", every: ${number(100, 200)}ms, key: id, send_to: [${targets}], timeout: ${number(5, 9)}s, enabled: ${likely(0.9)}, headers: { x: "${number(0, 3)}" }${likely(0.9) ? ', budget: shared' : ''} }`;
  })
  .join('\n')}
webhooks:
${webhooks
  .map(
    (name) =>
      `  ${name}: { url: "${receiver}/${name}", secret: "whsec_${Buffer.from(`a secret, number ${number(0, 3)}, of a webhook`).toString('base64')}", concurrency: ${number(4, 8)}, enabled: ${name === 'always' || likely(0.9)}, retry: { schedule: { attempts: 50, first: 50ms, factor: 1, max: 50ms } }, probe: { first: 100ms, factor: 1, max: 200ms } }`,
  )
  .join('\n')}
`;
}

/** The same with one mistake, of those that people make. */
export function spoiled(text: string, chance: Chance): string {
  return chance.pick([
    () => '',
    () => `${text}nonsense: 1\n`,
    () => text.replace('every:', 'evry:'),
    () => text.replace(/\d+ms/, 'soon'),
    () => text.replace('send_to: [always', 'send_to: [nobody'),
    () => text.replace('sources:', 'sources: ['),
    () => text.replace('secret: "whsec_', 'secret: "whsec_!'),
    () => text.slice(0, text.indexOf('webhooks:')),
    () => text.replace('webhooks:', 'webhooks:\n\t- tab'),
    () => text.replace('/s0"', '/${NOT_THERE}"').replace('/always"', '/${NOT_THERE}"'),
  ])();
}
