import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedFrom } from '../crash/chance.ts';
import { turmoil } from './turmoil.ts';

/** More with POLLHOOK_RELOADS. */
const RELOADS = Number(process.env.POLLHOOK_RELOADS ?? 200);

test(`${RELOADS} reloads under load, right and wrong ones: nothing is lost, doubled, out of order or left behind`, async (t) => {
  const seed = seedFrom('POLLHOOK_RELOAD_SEED');
  t.diagnostic(`POLLHOOK_RELOAD_SEED=${seed}`);
  const came = await turmoil({
    ...{ seed, pause: 20, sampleEvery: 20 },
    goesOn: (reloads) => reloads < RELOADS,
  });
  const { applied, refused, polls, events, deliveries, samples } = came;
  t.diagnostic(
    `${applied} applied, ${refused} refused; ${polls} polls, ${events} events, ${deliveries} deliveries`,
  );
  assert.ok(refused > RELOADS / 10 && applied > RELOADS / 2 && events > RELOADS / 10);
  const files = samples.map((sample) => sample.files ?? 0);
  const resources = samples.map((sample) => sample.resources);
  const half = files.length / 2;
  t.diagnostic(`files ${files.join(' ')}; resources ${resources.join(' ')}`);
  // Connections come and go; what leaks with every reload would be a hundred more.
  for (const [what, all] of Object.entries({ files, resources })) {
    assert.ok(
      Math.max(...all.slice(half)) <= Math.max(...all.slice(0, half)) + 20,
      `${what}: ${all.join(' ')}`,
    );
  }
});
