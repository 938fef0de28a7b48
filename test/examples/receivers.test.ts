import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createRequests } from '../../src/deliver/request.ts';
import { Secret } from '../../src/lib/secret.ts';
import { agent, delivery, dispatching, OTHER_SECRET, SECRET, webhook } from '../deliver/fixtures.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { missing, RECEIVERS, type Receiver, run } from './receiver.ts';

const STRANGER = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const MINUTE = 60_000;

interface Sent {
  readonly secrets?: readonly string[];
  readonly at?: number;
  readonly alter?: (body: string) => string;
}

/** Sends events to a receiver just as pollhook does, or almost. */
function sender(context: TestContext, { sign }: Receiver, url: string) {
  const http = agent(context);
  return async (sequence: number, { secrets = [SECRET], at = Date.now(), alter }: Sent = {}) => {
    const settings = { url, sign: [sign], secret: secrets.map((secret) => new Secret(secret)) };
    const owed = delivery(sequence, { attempts: 1 });
    const { request } = await createRequests(webhook(settings), '1')([owed], at);
    assert.ok(request);
    const body = alter ? alter(request.body) : request.body;
    const { statusCode, body: answer } = await http.request({ ...request, body });
    await answer.dump();
    return statusCode;
  };
}

/** How many events lie in the inbox or are done. */
/** While a receiver moves an event to what is done, a look at both folders may miss it. */
function untilStored(folder: string, count: number): Promise<void> {
  return until(async () => (await stored(folder)) === count, `${count} stored events`);
}

async function stored(folder: string): Promise<number> {
  const names = await readdir(join(folder, 'inbox'), { recursive: true });
  return names.filter((name) => name.endsWith('.json')).length;
}

test('docs/receivers.md names every receiver', async () => {
  const examples = join(import.meta.dirname, '../../examples/receivers');
  const page = await readFile(join(import.meta.dirname, '../../docs/receivers.md'), 'utf8');
  for (const name of await readdir(examples))
    assert.ok(page.includes(`(../examples/receivers/${name})`), name);
});

describe('every receiver of docs/receivers.md', { concurrency: true }, () => {
  for (const [name, receiver] of Object.entries(RECEIVERS)) {
    test(name, { skip: missing(receiver) }, async (context) => {
      const folder = await mkdtemp(join(tmpdir(), 'pollhook-receiver-'));
      context.after(() => rm(folder, { recursive: true, force: true }));
      let running = await run(receiver, [SECRET], folder);
      context.after(() => running.stop());
      const restart = async (...secrets: string[]) => {
        await running.stop();
        running = await run(receiver, secrets, folder);
        return sender(context, receiver, running.url);
      };

      const clock = new FakeClock(Date.now());
      const settings = webhook({ url: running.url, sign: [receiver.sign], order: 'webhook' });
      const { dispatcher, store, reports } = dispatching(context, [settings], { clock });
      store.owe(...[1, 2].map((sequence) => delivery(sequence, { nextAttempt: clock.now() })));
      dispatcher.wake(['agent']);
      await until(() => reports.length === 2);
      assert.deepEqual(
        reports.map(({ outcome }) => outcome),
        ['delivered', 'delivered'],
        running.said.join('\n'),
      );
      await untilStored(folder, 2);
      if (receiver.timed) {
        assert.deepEqual(
          await running.heard(/^handled/, 2),
          [1, 2].map((n) => `handled tickets.updated K${n} ${n}`),
        );
      }

      const send = sender(context, receiver, running.url);
      assert.equal(await send(1), 204, 'a repeated id is acknowledged');
      assert.equal(await send(3, { alter: (body) => body.replace('K3', 'K4') }), 401, 'a tampered body');
      assert.equal(await send(3, { alter: (body) => body.replace(',', ', ') }), 401, 'a body formatted anew');
      assert.equal(await send(3, { secrets: [STRANGER] }), 401, 'the secret of somebody else');
      if (receiver.timed) {
        assert.equal(await send(3, { at: Date.now() - 6 * MINUTE }), 401, 'an old message');
        assert.equal(await send(3, { at: Date.now() + 6 * MINUTE }), 401, 'a message from the future');
      }
      await untilStored(folder, 2);
      // The sender has both secrets, the receiver the old one.
      const order = receiver.timed ? [OTHER_SECRET, SECRET] : [SECRET, OTHER_SECRET];
      assert.equal(await send(3, { secrets: order }), 204, 'a secret that is rotated at the sender');

      const again = await restart(OTHER_SECRET, SECRET);
      assert.equal(await again(4, { secrets: [SECRET] }), 204, 'the secret before');
      assert.equal(await again(5, { secrets: [OTHER_SECRET] }), 204, 'the secret after');
      assert.equal(await again(2), 204, 'an id that was known before the restart');
      assert.equal(await again(6, { secrets: [STRANGER] }), 401, 'still nobody else');
      await untilStored(folder, 5);
      if (receiver.timed) {
        await running.heard(/K5 5$/, 1);
        assert.ok(!running.said.some((line) => line.endsWith('K2 2')), 'handled once');
      }
    });
  }
});
