// A CRM whose scores move all the time.
const scores = (ada, grace) => [
  { lead_id: 'L-7', name: 'Ada', score: ada },
  { lead_id: 'L-8', name: 'Grace', score: grace },
];

export const days = [
  scores(72, 40),
  scores(79, 41),
  scores(85, 60), // Ada qualifies
  scores(91, 79),
  scores(90, 80), // Grace does
  scores(60, 80), // Ada cools down
  scores(80, 99), // and comes back
  scores(81, 97),
];
export const env = { CRM_KEY: 'a key for examples' };

export function answer(leads, { headers }) {
  if (headers['x-api-key'] !== env.CRM_KEY) return { status: 403, body: { error: 'unknown key' } };
  return { body: { data: { leads } } };
}
