// node examples/play.js SCENARIO: plays a scenario on this machine. A stand-in for the legacy system lives through its
// days, the real pollhook polls it, and a receiver verifies what arrives and compares it with expected.json.
import { spawn } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const SECRET = `whsec_${Buffer.from('a secret for examples only').toString('base64')}`;
const PATIENCE_MS = 60_000;

export const scenarios = readdirSync(import.meta.dirname).filter((name) =>
  existsSync(join(import.meta.dirname, name, 'legacy.js')),
);

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What arrived or was expected, without what differs at every run: the times, and which receiver was faster. */
export function comparable(webhooks) {
  const place = ({ path, body }) => `${String(body.data.sequence).padStart(6)} ${path}`;
  const timeless = (_key, value) => (TIME.test(value) ? 'a time' : value);
  return JSON.parse(JSON.stringify(webhooks), timeless).sort((one, other) =>
    place(one) < place(other) ? -1 : 1,
  );
}

/**
 * Starts the two ends of a scenario, between which pollhook belongs.
 *
 * @param tell called with each webhook that arrives: its path and its body
 * @returns what pollhook needs (`config`, `env`), what is `expected`, what was `received`, and `over`: settled once the
 *   last day was polled and as much as expected has arrived, or the patience is at its end
 */
export async function setUp(scenario, tell = () => {}) {
  const folder = join(import.meta.dirname, scenario);
  const { days, answer, env = {} } = await import(join(folder, 'legacy.js'));
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const state = mkdtempSync(join(tmpdir(), 'pollhook-example-'));
  const received = [];
  const { promise: over, resolve, reject } = Promise.withResolvers();
  let day = -1;
  const look = () => day >= days.length - 1 && received.length >= expected.length && resolve();
  const patience = setTimeout(
    () => reject(new Error(`${scenario}: ${received.length} of ${expected.length} webhooks`)),
    PATIENCE_MS,
  );

  const legacy = await listen((request, response) => {
    const url = new URL(request.url, 'http://legacy');
    // Each reading of the list, all of its pages, is a day of its life.
    if (Number(url.searchParams.get('page') ?? 1) === 1) day += 1;
    const {
      status = 200,
      type = 'application/json',
      body,
    } = answer(days[day] ?? days.at(-1), {
      url,
      headers: request.headers,
    });
    response.writeHead(status, { 'content-type': type });
    response.end(typeof body === 'string' ? body : JSON.stringify(body), look);
  });

  const receiver = await listen(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    if (!isGenuine(request.headers, body)) {
      response.writeHead(401).end();
      return;
    }
    response.writeHead(204).end();
    const webhook = { path: request.url, body: JSON.parse(body.toString()) };
    received.push(webhook);
    tell(webhook);
    look();
  });

  return {
    config: join(folder, 'config.yaml'),
    env: {
      LEGACY: legacy.url,
      RECEIVER: receiver.url,
      WEBHOOK_SECRET: SECRET,
      EVERY: '100ms',
      POLLHOOK_STATE: state,
      POLLHOOK_LISTEN: '127.0.0.1:0',
      ...env,
    },
    expected,
    received,
    over,
    async tearDown() {
      clearTimeout(patience);
      await Promise.all([legacy.close(), receiver.close()]);
      rmSync(state, { recursive: true, force: true });
    },
  };
}

async function listen(handle) {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function isGenuine(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature = '' } = headers;
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function play(scenario) {
  const scene = await setUp(scenario, ({ path, body }) =>
    console.log('POST %s\n%s\n', path, JSON.stringify(body, null, 1)),
  );
  const pollhook = spawn(
    process.execPath,
    [join(import.meta.dirname, '../bin/pollhook.js'), 'run', '-c', scene.config],
    { env: { PATH: process.env.PATH, ...scene.env }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(pollhook, 'exit');
  try {
    const early = ended.then(([code]) => Promise.reject(new Error(`pollhook ended with ${code}`)));
    await Promise.race([scene.over, early]);
  } finally {
    pollhook.kill('SIGTERM');
    await ended;
    await scene.tearDown();
  }
  return isDeepStrictEqual(comparable(scene.received), comparable(scene.expected));
}

if (import.meta.main) {
  const [scenario] = process.argv.slice(2);
  if (!scenarios.includes(scenario)) {
    console.error(`usage: node examples/play.js ${scenarios.join('|')}`);
    process.exitCode = 2;
  } else {
    const same = await play(scenario);
    console.log(same ? 'This is what expected.json says.' : 'expected.json says something else.');
    process.exitCode = same ? 0 : 1;
  }
}
