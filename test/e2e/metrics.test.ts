import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../fake-clock.ts';
import { CONFIG, open, tickets } from './desk.ts';

/** How a source stands. */
const GAUGES = /^pollhook_(?:source_up|records|last_success\w+)\{source="tickets"/m;

describe('metrics', () => {
  const NAMES: { readonly [name: string]: string } = {
    polls_total: 'source="tickets",result="changed"',
    poll_duration_seconds_count: 'source="tickets"',
    requests_total: 'source="tickets",status="200"',
    events_total: 'source="tickets",type="tickets.created"',
    attempts_total: 'webhook="agent",outcome="delivered"',
    deliveries_total: 'webhook="agent",outcome="delivered"',
    delivery_duration_seconds_count: 'webhook="agent"',
    detection_to_delivery_seconds_count: 'webhook="agent"',
    outbox: 'webhook="agent",state="held"',
    oldest_pending_seconds: 'webhook="agent"',
    source_up: 'source="tickets"',
    last_success_timestamp_seconds: 'source="tickets"',
    budget_remaining: 'budget="desk"',
    records: 'source="tickets"',
    state_commit_seconds_count: '',
  };
  const budgeted = `${CONFIG.replace('every: 30s', 'every: 30s\n    budget: desk')}budgets: { desk: { rate: 100/1m } }\n`;

  test('have the names and labels of the contract', async () => {
    await using here = await open(budgeted);
    const { scene } = here;
    scene.source = tickets(11);
    await scene.nextPoll(30_000);
    await scene.deliveries(1);
    const scrape = async () => (await scene.ask('/metrics')).text();
    await until(async () =>
      (await scrape()).includes('_deliveries_total{webhook="agent",outcome="delivered"} 1'),
    );
    const lines = (await scrape()).split('\n');
    for (const [name, labels] of Object.entries(NAMES)) {
      const start = `pollhook_${name}${labels && `{${labels}}`} `;
      assert.ok(
        lines.some((line) => line.startsWith(start)),
        start,
      );
    }
    assert.ok(
      lines.some((line) => line.startsWith('process_')) && lines.some((line) => line.startsWith('nodejs_')),
    );
  });

  test('of a source and of a webhook are there before anything happens', async () => {
    await using here = await open();
    const { scene } = here;
    await scene.stop();
    scene.source = () => undefined;
    await scene.start(CONFIG);
    const text = await (await scene.ask('/metrics')).text();
    assert.match(text, /^pollhook_source_up\{source="tickets"\} 1$/m);
    assert.match(text, /^pollhook_last_success_timestamp_seconds\{source="tickets"\} \d/m);
    assert.match(text, /^pollhook_outbox\{webhook="agent",state="dead"\} 0$/m);
    assert.match(text, /^pollhook_deliveries_total\{webhook="agent",outcome="dead"\} 0$/m);
    assert.match(text, /^pollhook_attempts_total\{webhook="agent",outcome="failed"\} 0$/m);
  });

  test('count what is sent again, and forget what is disabled', async () => {
    await using here = await open();
    const { scene } = here;
    const scrape = async () => (await scene.ask('/metrics')).text();
    await here.post('webhooks/agent/resync', { source: 'tickets' });
    assert.match(await scrape(), /^pollhook_events_total\{source="tickets",type="tickets.snapshot"\} 10$/m);
    await scene.reload(CONFIG.replace('every: 30s', 'every: 30s\n    enabled: false'));
    assert.doesNotMatch(await scrape(), GAUGES);
  });

  test('say nothing of how a paused source stands: nobody is to be woken by it', async () => {
    await using here = await open();
    const { scene } = here;
    const scrape = async () => (await scene.ask('/metrics')).text();
    assert.match(await scrape(), GAUGES);
    await here.post('sources/tickets/pause');
    assert.doesNotMatch(await scrape(), GAUGES);
    await here.post('sources/tickets/poll');
    await until(() => scene.requests.length === 2);
    await until(async () => /result="unchanged"\} 2/.test(await scrape()));
    assert.doesNotMatch(await scrape(), GAUGES);
    await here.post('sources/tickets/resume');
    assert.match(await scrape(), /^pollhook_source_up\{source="tickets"\} 1$/m);
  });
});
