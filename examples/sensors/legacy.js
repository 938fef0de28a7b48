// A plant whose sensors are never quite still.
const readings = (kiln, store) => [
  { sensor: 'kiln', celsius: kiln },
  { sensor: 'store', celsius: store },
];

export const days = [
  readings(900, 4.0),
  readings(900.2, 4.1),
  readings(900.4, 3.9),
  readings(900.6, 4.2), // the kiln is 0.6 above what was sent last
  readings(900.9, 4.4),
  readings(900.8, 4.5), // the store is 0.5 above
  readings(899.9, 4.3), // the kiln is 0.7 below
  readings(900.0, 4.2),
];

export const answer = (lines) => ({
  type: 'application/x-ndjson',
  body: lines.map((line) => `${JSON.stringify({ ...line, read_at: new Date() })}\n`).join(''),
});
