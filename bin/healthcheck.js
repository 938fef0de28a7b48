// Asks /healthz at the address that POLLHOOK_LISTEN gives: exit code 0 while the daemon works. Needs nothing but Node.js.
// A `server.listen` in the configuration file goes before POLLHOOK_LISTEN: keep the two the same, or leave it out.
import { get } from 'node:http';

const port = /:(\d+)$/.exec(process.env.POLLHOOK_LISTEN ?? '127.0.0.1:8080')?.[1] ?? '8080';
const request = get({ host: '127.0.0.1', port, path: '/healthz', timeout: 4000 }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1);
});
request.on('timeout', () => request.destroy(new Error('no answer within 4 s')));
request.on('error', (error) => {
  console.error(`/healthz on port ${port}: ${error.message}`);
  process.exit(1);
});
