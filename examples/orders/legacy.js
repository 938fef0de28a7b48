// A shop that lists orders, and on request only those that changed since a time.
const order = (id, minute, status, shipment, refunded = '0.00') => ({
  id,
  status,
  shipment: { status: shipment },
  refunded: Number(refunded),
  note: `seen at ${minute}`,
  updated_at: `2026-11-21T09:${minute}:00Z`,
});

const old = order(5000, '00', 'paid', 'waiting');
const placed = [old, order(5001, '10', 'placed', 'none')];
const paid = [old, order(5001, '20', 'paid', 'waiting')];
const sent = [old, order(5001, '30', 'paid', 'in_transit')];
const refunded = [
  order(5000, '40', 'cancelled', 'waiting', '19.90'),
  order(5001, '30', 'paid', 'in_transit'),
];

export const days = [placed, placed, placed, paid, paid, sent, sent, refunded, refunded];

export function answer(orders, { url }) {
  const since = Date.parse(url.searchParams.get('updated_since') ?? '1970-01-01T00:00:00Z');
  return { body: { orders: orders.filter(({ updated_at }) => Date.parse(updated_at) >= since) } };
}
