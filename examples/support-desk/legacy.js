// A ticket system with basic auth and pages of two.
const printer = { id: 101, title: 'Printer on fire', priority: 'normal', status: 'open' };
const mail = { id: 102, title: 'No mail since noon', priority: 'normal', status: 'open' };
const badge = { id: 103, title: 'Badge lost', priority: 'low', status: 'open' };
const morning = [printer, mail];
const noon = [{ ...printer, priority: 'urgent' }, mail];
const evening = [...noon, badge];

export const days = [morning, morning, morning, noon, noon, evening, evening, evening];
export const env = { DESK_PASSWORD: 'a password for examples' };

const credentials = `Basic ${Buffer.from(`pollhook:${env.DESK_PASSWORD}`).toString('base64')}`;

export function answer(tickets, { url, headers }) {
  if (headers.authorization !== credentials) return { status: 401, body: { error: 'who are you?' } };
  const size = Number(url.searchParams.get('per_page'));
  const end = Number(url.searchParams.get('page')) * size;
  const page = tickets.slice(end - size, end).map((ticket) => ({ ...ticket, viewed_at: new Date() }));
  return { body: { tickets: page, meta: { pages: Math.ceil(tickets.length / size) } } };
}
