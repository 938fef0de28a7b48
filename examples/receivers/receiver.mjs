// A receiver for pollhook in Node.js (22 or newer), without dependencies. docs/receivers.md says why it is as it is.
//
//   WEBHOOK_SECRET='whsec_…' PORT=9000 node receiver.mjs
import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const LARGEST_BODY = 10_000_000;
const TOLERANCE = 5 * 60; // seconds that clocks may differ

// Several secrets, separated by blanks, while they are rotated.
const keys = (process.env.WEBHOOK_SECRET ?? '')
  .split(' ')
  .filter(Boolean)
  .map((secret) =>
    secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret),
  );
if (keys.length === 0) throw new Error('set WEBHOOK_SECRET');

const inbox = process.env.INBOX ?? 'inbox';
const done = join(inbox, 'done');
mkdirSync(done, { recursive: true });

/** What to do with an event: the part that is yours. What throws is tried again. */
async function handle(event) {
  console.log(`handled ${event.type} ${event.data.key} ${event.data.sequence}`);
}

createServer(async (request, response) => {
  const answer = (status, text = '') => response.writeHead(status, { connection: 'close' }).end(text);
  try {
    const body = await read(request); // the raw bytes: they are signed, not what a parser makes of them
    if (body === null) return answer(413);
    const problem = verify(request.headers, body);
    if (problem) return answer(401, problem);
    store(request.headers['webhook-id'], body);
    response.writeHead(204).end(); // it is on disk: acknowledge, and work later
    void work();
  } catch (error) {
    console.error(error);
    answer(500); // pollhook sends it again
  }
}).listen(Number(process.env.PORT ?? 9000), '127.0.0.1', function () {
  console.log(`listening on ${this.address().port}`);
  void work(); // what was left by the last run
});

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What is wrong with a message, or nothing. */
function verify(headers, body) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!id || !timestamp || !signatures) return 'a webhook- header is missing';
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE))
    return 'the timestamp is too old or too new';
  const given = signatures.split(' ').map((one) => Buffer.from(one));
  for (const key of keys) {
    const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    const expected = Buffer.from(`v1,${digest}`);
    if (given.some((one) => one.length === expected.length && timingSafeEqual(one, expected))) return;
  }
  return 'the signature does not match';
}

/** Keeps an event durably, once: the same event always has the same name. */
function store(id, body) {
  const { sequence } = JSON.parse(body).data;
  const name = `${String(sequence).padStart(15, '0')}-${id.replaceAll(/[^\w-]/g, '')}.json`;
  if (existsSync(join(inbox, name)) || existsSync(join(done, name))) return;
  const file = openSync(join(inbox, `${name}.part`), 'w');
  writeSync(file, body);
  fsyncSync(file);
  closeSync(file);
  renameSync(join(inbox, `${name}.part`), join(inbox, name));
}

let working = false;

/** Handles what is in the inbox, in the order of the sequence. */
async function work() {
  if (working) return;
  working = true;
  try {
    for (let name = next(); name; name = next()) {
      await handle(JSON.parse(readFileSync(join(inbox, name), 'utf8')));
      renameSync(join(inbox, name), join(done, name));
    }
  } catch (error) {
    console.error('will be tried again:', error);
    setTimeout(work, 5000);
  } finally {
    working = false;
  }
}

function next() {
  return readdirSync(inbox)
    .filter((name) => name.endsWith('.json'))
    .sort()[0];
}
