import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WebhookConfig } from '../../src/config/document.ts';
import type { Reply } from '../../src/deliver/attempt.ts';
import { outcomeOf } from '../../src/deliver/outcome.ts';
import { lineOf } from '../../src/deliver/report.ts';
import { failure } from '../../src/errors.ts';
import type { AttemptOutcome, Delivery, WebhookState } from '../../src/model.ts';
import { delivery, HOURS, MINUTES, SECONDS, state, webhook } from './fixtures.ts';

const NOW = Date.parse('2026-11-21T10:00:00Z');

function answered(status: number, headers: { retryAfter?: string; location?: string } = {}): Reply {
  const { retryAfter = null, location = null } = headers;
  return {
    kind: 'answered',
    status,
    said: String(status),
    retryAfter,
    location,
    date: null,
    excerpt: 'text',
  };
}

function unanswered(code: 'UNREACHABLE' | 'TLS' | 'TIMEOUT' | 'BROKEN'): Reply {
  return { kind: 'unanswered', failure: failure(`DELIVERY_${code}`, 'the reason') };
}

interface Given {
  readonly reply: Reply;
  readonly delivery?: Partial<Delivery>;
  readonly config?: Partial<WebhookConfig>;
  readonly state?: Partial<WebhookState>;
  readonly probe?: boolean;
}

function settle({ reply, delivery: settings, config, state: standing, probe = false }: Given) {
  const tried = {
    deliveries: [delivery(1, { attempts: 1, nextAttempt: NOW - 10, ...settings })] as const,
    reply,
    began: NOW - 5,
    ended: NOW,
    duration: 5,
    probe,
  };
  const before = state(standing);
  const outcome = outcomeOf(tried, webhook(config), before, () => 0);
  return { ...outcome, before, line: lineOf(tried, outcome, before, webhook(config)) };
}

interface Row {
  readonly given: Given;
  readonly outcome: AttemptOutcome;
  readonly state: 'pending' | 'delivered' | 'dead';
  readonly steps?: number;
  /** From now. */
  readonly wait?: number;
  readonly webhook?: Partial<WebhookState>;
  readonly level: 'info' | 'warn';
  readonly says: RegExp;
  readonly err?: string;
}

const failed = (given: Given, says: RegExp, err: string, level: 'info' | 'warn' = 'info'): Row => ({
  given,
  outcome: 'failed',
  state: 'pending',
  steps: 1,
  wait: 5 * SECONDS,
  webhook: { failures: 1 },
  level,
  says,
  err,
});

/** The webhook waits, not the delivery: who ends the pause by hand ends it for all. */
const limited = (given: Given, wait: number, says: RegExp): Row => ({
  given,
  outcome: 'limited',
  state: 'pending',
  steps: 0,
  wait: (given.delivery?.nextAttempt ?? NOW - 10) - NOW,
  webhook: { pausedUntil: NOW + wait },
  level: 'info',
  says,
  err: 'DELIVERY_LIMITED',
});

const FAILING = { failures: 5, probe: { at: NOW - 100, failed: 0 } };
const PROBED_AGAIN = { failures: 6, probe: { at: NOW + MINUTES, failed: 1 } };

const table: Record<string, Row> = {
  '200': {
    given: { reply: answered(200) },
    outcome: 'delivered',
    state: 'delivered',
    level: 'info',
    says: /^delivered$/,
  },
  '299': {
    given: { reply: answered(299) },
    outcome: 'delivered',
    state: 'delivered',
    level: 'info',
    says: /^delivered$/,
  },
  '2xx ends a row of failures': {
    given: { reply: answered(204), state: { failures: 4 } },
    outcome: 'delivered',
    state: 'delivered',
    webhook: { failures: 0 },
    level: 'info',
    says: /^delivered$/,
  },
  '2xx ends failing': {
    given: { reply: answered(204), state: FAILING, probe: true },
    outcome: 'delivered',
    state: 'delivered',
    webhook: { failures: 0, probe: null },
    level: 'info',
    says: /^delivered; the webhook works again$/,
  },
  '301': failed(
    { reply: answered(301, { location: 'https://elsewhere.example.com/' }) },
    /^failed: answered 301, Location: https:\/\/elsewhere\.example\.com\/; next attempt in 5s \(2 of 4\)$/,
    'DELIVERY_REDIRECT',
    'warn',
  ),
  '307 without Location': failed({ reply: answered(307) }, /Location: none/, 'DELIVERY_REDIRECT', 'warn'),
  '410': {
    given: { reply: answered(410) },
    outcome: 'failed',
    state: 'pending',
    steps: 0,
    wait: -10,
    webhook: { held: { since: NOW, reason: 'answered 410' } },
    level: 'warn',
    says: /^failed: answered 410; the webhook is held, its events are kept: correct its url/,
    err: 'DELIVERY_GONE',
  },
  '410 while held': {
    given: { reply: answered(410), state: { held: { since: 1, reason: 'b' } } },
    outcome: 'failed',
    state: 'pending',
    webhook: { held: { since: 1, reason: 'b' } },
    level: 'warn',
    says: /held/,
  },
  '429 with Retry-After': limited(
    { reply: answered(429, { retryAfter: '120' }) },
    2 * MINUTES,
    /^limited: answered 429 and asked for a pause of 2m; the webhook goes on in 2m$/,
  ),
  '429 with Retry-After of three days': limited(
    { reply: answered(429, { retryAfter: '259200' }) },
    24 * HOURS,
    /in 1d$/,
  ),
  '429 that asks for less than a pause under way': limited(
    { reply: answered(429, { retryAfter: '10' }), state: { pausedUntil: NOW + MINUTES } },
    MINUTES,
    /in 1m$/,
  ),
  '429 without Retry-After': {
    ...limited({ reply: answered(429) }, 30 * SECONDS, /^limited: answered 429; the webhook goes on in 30s$/),
    webhook: { pausedUntil: NOW + 30 * SECONDS, probe: { at: NOW + 30 * SECONDS, failed: 0 } },
  },
  '429 without Retry-After, again': {
    ...limited(
      { reply: answered(429), state: { probe: { at: NOW, failed: 2 } }, probe: true },
      4 * MINUTES,
      /in 4m$/,
    ),
    webhook: { pausedUntil: NOW + 4 * MINUTES, probe: { at: NOW + 4 * MINUTES, failed: 3 } },
  },
  '429 with garbage in Retry-After': {
    ...limited({ reply: answered(429, { retryAfter: 'wait 5' }) }, 30 * SECONDS, /in 30s$/),
    webhook: { pausedUntil: NOW + 30 * SECONDS, probe: { at: NOW + 30 * SECONDS, failed: 0 } },
  },
  '429 for a probe that ran ahead': {
    ...limited(
      {
        reply: answered(429, { retryAfter: '60' }),
        delivery: { nextAttempt: NOW + HOURS },
        state: FAILING,
        probe: true,
      },
      HOURS,
      /in 1m$/,
    ),
    webhook: { ...FAILING, pausedUntil: NOW + MINUTES },
  },
  '503 with Retry-After': limited({ reply: answered(503, { retryAfter: '60' }) }, MINUTES, /in 1m$/),
  '503 without': failed(
    { reply: answered(503) },
    /^failed: answered 503; next attempt in 5s \(2 of 4\)$/,
    'DELIVERY_STATUS',
  ),
  '503 with garbage': failed(
    { reply: answered(503, { retryAfter: '-1' }) },
    /answered 503/,
    'DELIVERY_STATUS',
  ),
  '500 with Retry-After is no pause': failed(
    { reply: answered(500, { retryAfter: '60' }) },
    /in 5s/,
    'DELIVERY_STATUS',
  ),
  '500': failed({ reply: answered(500) }, /answered 500/, 'DELIVERY_STATUS'),
  '599': failed({ reply: answered(599) }, /answered 599/, 'DELIVERY_STATUS'),
  '408': failed({ reply: answered(408) }, /answered 408/, 'DELIVERY_STATUS'),
  '425': failed({ reply: answered(425) }, /answered 425/, 'DELIVERY_STATUS'),
  '400': failed({ reply: answered(400) }, /answered 400; next attempt/, 'DELIVERY_STATUS', 'warn'),
  '404': failed({ reply: answered(404) }, /answered 404; next attempt/, 'DELIVERY_STATUS', 'warn'),
  timeout: failed({ reply: unanswered('TIMEOUT') }, /^failed: the reason; next/, 'DELIVERY_TIMEOUT'),
  unreachable: failed({ reply: unanswered('UNREACHABLE') }, /the reason/, 'DELIVERY_UNREACHABLE'),
  TLS: failed({ reply: unanswered('TLS') }, /the reason/, 'DELIVERY_TLS'),
  broken: failed({ reply: unanswered('BROKEN') }, /the reason/, 'DELIVERY_BROKEN'),
  'a later step': {
    ...failed(
      { reply: answered(500), delivery: { steps: 2, attempts: 7 } },
      /in 30m \(4 of 4\)/,
      'DELIVERY_STATUS',
    ),
    steps: 3,
    wait: 30 * MINUTES,
  },
  'the end of the schedule': {
    given: { reply: answered(500), delivery: { steps: 3 } },
    outcome: 'failed',
    state: 'dead',
    webhook: { failures: 1 },
    level: 'warn',
    says: /^failed: answered 500; dead: kept/,
  },
  'a schedule of one attempt': {
    given: { reply: unanswered('BROKEN'), config: { retry: { schedule: [], permanent: [] } } },
    outcome: 'failed',
    state: 'dead',
    webhook: { failures: 1 },
    level: 'warn',
    says: /dead/,
  },
  'a schedule that was shortened': {
    given: { reply: answered(500), delivery: { steps: 9 } },
    outcome: 'failed',
    state: 'dead',
    webhook: { failures: 1 },
    level: 'warn',
    says: /dead/,
  },
  'a permanent code': {
    given: { reply: answered(422), config: { retry: { schedule: [1], permanent: [422] } } },
    outcome: 'failed',
    state: 'dead',
    steps: 0,
    webhook: { failures: 1 },
    level: 'warn',
    says: /^failed: answered 422; dead: kept/,
    err: 'DELIVERY_STATUS',
  },
  'a permanent 410 holds nothing': {
    given: { reply: answered(410), config: { retry: { schedule: [1], permanent: [410] } } },
    outcome: 'failed',
    state: 'dead',
    webhook: { failures: 1 },
    level: 'warn',
    says: /dead/,
  },
  'an unknown outcome counts for nothing': {
    given: { reply: { kind: 'aborted' }, state: { failures: 4 } },
    outcome: 'unknown',
    state: 'pending',
    steps: 0,
    wait: -10,
    level: 'info',
    says: /^stopped before an answer came; it is sent again/,
  },
  'the fifth failure in a row': {
    ...failed(
      { reply: answered(500), state: { failures: 4 } },
      /^failed: answered 500; next probe in 30s; the webhook is failing after 5 failed attempts in a row$/,
      'DELIVERY_STATUS',
      'warn',
    ),
    webhook: { failures: 5, probe: { at: NOW + 30 * SECONDS, failed: 0 } },
  },
  'a probe ahead of time uses no step': {
    given: {
      reply: answered(500),
      delivery: { nextAttempt: NOW + HOURS, steps: 2 },
      state: FAILING,
      probe: true,
    },
    outcome: 'failed',
    state: 'pending',
    steps: 2,
    wait: HOURS,
    webhook: PROBED_AGAIN,
    level: 'info',
    says: /^failed: answered 500; next probe in 1m$/,
  },
  'a probe at its own time uses a step': {
    given: { reply: answered(500), delivery: { steps: 2 }, state: FAILING, probe: true },
    outcome: 'failed',
    state: 'pending',
    steps: 3,
    wait: 30 * MINUTES,
    webhook: PROBED_AGAIN,
    level: 'info',
    says: /next probe in 1m/,
  },
  'a probe at the end of its schedule': {
    given: { reply: answered(500), delivery: { steps: 3 }, state: FAILING, probe: true },
    outcome: 'failed',
    state: 'dead',
    webhook: PROBED_AGAIN,
    level: 'warn',
    says: /dead/,
  },
  'probes are at most so far apart': {
    given: { reply: answered(500), state: { failures: 99, probe: { at: NOW, failed: 4000 } }, probe: true },
    outcome: 'failed',
    state: 'pending',
    webhook: { failures: 100, probe: { at: NOW + 15 * MINUTES, failed: 4001 } },
    level: 'info',
    says: /next probe in 15m/,
  },
  'an attempt from before the probing does not put the probe off': {
    given: { reply: answered(500), state: { failures: 5, probe: { at: NOW + 7, failed: 0 } } },
    outcome: 'failed',
    state: 'pending',
    steps: 1,
    webhook: { failures: 6, probe: { at: NOW + 7, failed: 0 } },
    level: 'info',
    says: /next probe in 7ms/,
  },
};

for (const [name, row] of Object.entries(table)) {
  test(name, () => {
    const {
      settlements: [settlement],
      webhook: after,
      before,
      line,
    } = settle(row.given);
    const { attempt } = settlement;
    assert.equal(attempt.outcome, row.outcome);
    assert.equal(settlement.state, row.state);
    if (row.steps !== undefined) assert.equal(settlement.steps, row.steps);
    if (row.wait !== undefined) assert.equal(settlement.nextAttempt - NOW, row.wait);
    assert.deepEqual(after, { ...before, ...row.webhook });
    assert.equal(line.level, row.level);
    assert.match(line.message, row.says);
    if (row.err) assert.equal(line.fields.err, row.err);
    const { reply } = row.given;
    assert.equal(attempt.status, reply.kind === 'answered' ? reply.status : null);
    assert.equal(attempt.answer, reply.kind === 'answered' ? 'text' : null);
    assert.equal(attempt.error === null, row.outcome === 'delivered' || row.outcome === 'unknown');
  });
}

test('a webhook that nothing happened to stays the same object, so that it is not written', () => {
  const { webhook: after, before } = settle({ reply: answered(204) });
  assert.equal(after, before);
});

test('jitter comes on top, up to a tenth', () => {
  const tried = {
    deliveries: [delivery(1)] as const,
    reply: answered(500),
    began: NOW,
    ended: NOW,
    duration: 1,
    probe: false,
  };
  const {
    settlements: [settlement],
  } = outcomeOf(tried, webhook(), state(), () => 0.999999);
  assert.equal(settlement.nextAttempt - NOW, 5500);
});

test('those of a batch share one outcome, and stay together', () => {
  const deliveries = [1, 2, 3].map((sequence) => delivery(sequence, { steps: 1, batch: 'batch_1' }));
  const tried = {
    deliveries: deliveries as [Delivery, ...Delivery[]],
    reply: answered(500),
    began: NOW,
    ended: NOW,
    duration: 1,
    probe: false,
  };
  let drawn = 0;
  const before = state();
  const outcome = outcomeOf(tried, webhook(), before, () => {
    drawn += 1;
    return drawn / 10;
  });
  assert.equal(outcome.webhook.failures, 1, 'one attempt');
  assert.deepEqual(
    outcome.settlements.map(({ delivery: id, steps }) => [id, steps]),
    deliveries.map(({ id }) => [id, 2]),
  );
  assert.equal(new Set(outcome.settlements.map(({ nextAttempt }) => nextAttempt)).size, 1);
  const { fields } = lineOf(tried, outcome, before, webhook());
  assert.deepEqual([fields.batch, fields.events, fields.event_id], ['batch_1', 3, undefined]);
});
