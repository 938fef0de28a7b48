/** A source and a webhook whose failures are final at once. */
export const CONFIG = `
sources:
  stock:
    url: \${SOURCE}/api/stock
    every: 30s
    items: items
    key: id
    send_to: agent
webhooks:
  agent:
    url: \${RECEIVER}/hooks
    secret: \${SECRET}
    retry: { permanent: [400] }
`;

/** What the legacy system answers: so many things, the first of them with other members. */
export function stock(count: number, first: object = {}): unknown {
  const items = Array.from({ length: count }, (_, at) => ({ id: at + 1, name: `thing ${at + 1}`, price: 1 }));
  return { items: items.map((item, at) => (at === 0 ? { ...item, ...first } : item)) };
}
