// A receiver as small as it can be and still right: it verifies the signature over the raw body, answers at once, and
// remembers ids, because a webhook may arrive more than once. It also plays the legacy system: /status.json.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64');
const seen = new Set();

function isGenuine(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  return signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const server = createServer(async (request, response) => {
  if (request.method === 'GET') {
    const minute = Math.floor(Date.now() / 60_000);
    const status = { api: minute % 3 === 0 ? 'degraded' : 'up', checked_at: new Date().toISOString() };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(status));
    return;
  }
  const body = Buffer.concat(await request.toArray());
  if (!isGenuine(request.headers, body)) {
    response.writeHead(401).end();
    return;
  }
  response.writeHead(204).end();
  const id = request.headers['webhook-id'];
  if (seen.has(id)) return;
  seen.add(id);
  console.log(id, body.toString());
});

server.listen(Number(process.env.PORT ?? 9000), () =>
  console.log('receiver listens on', server.address().port),
);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
