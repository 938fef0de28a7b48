import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { createFormat } from '../../src/deliver/format/format.ts';
import { eventOf as writtenEvent } from '../../src/detect/events.ts';
import type { Change, ChangeEvent, Json } from '../../src/model.ts';

const ROOT = join(import.meta.dirname, '../../examples/recipes');
const TIME = Date.parse('2026-11-21T09:30:12.481Z');
const SECRET = 'a-secret-of-the-operator';

function change(key: string, current: Json, previous: Json, fields: Change['fields'] = []): Change {
  const kind = previous === null ? 'created' : current === null ? 'deleted' : 'updated';
  const window = { after: TIME - 30_000, by: TIME };
  return { change: kind, key, current, previous, fields, truncated: false, window };
}

/** The event that a source without rules makes of a change. */
function eventOf(source: string, one: Change): ChangeEvent {
  const made = { rule: 0, type: `${source}.${one.change}` };
  return writtenEvent(one, made, 318, { identity: 'i', source, sequence: 317, decided: TIME });
}

const OPEN = { id: 'T-1', title: 'Printer <3> on & off', status: 'open' };
const SOLVED = { ...OPEN, status: 'solved' };
const TICKETS = {
  created: eventOf('tickets', change('T-1', OPEN, null)),
  updated: eventOf('tickets', change('T-1', SOLVED, OPEN, [{ path: '/status', from: 'open', to: 'solved' }])),
  deleted: eventOf('tickets', change('T-1', null, SOLVED)),
};
const [UP, DOWN, SLOW] = ['up', 'down', 'degraded'].map((status) => ({ name: 'mail', status }));
const path = '/status';
const SERVICES = {
  created: eventOf('services', change('mail', UP as Json, null)),
  updated: eventOf('services', change('mail', DOWN as Json, UP as Json, [{ path, from: 'up', to: 'down' }])),
  slow: eventOf('services', change('mail', SLOW as Json, UP as Json, [{ path, from: 'up', to: 'degraded' }])),
  deleted: eventOf('services', change('mail', null, DOWN as Json)),
};
const STOCK = {
  updated: eventOf(
    'inventory',
    change('SKU-17', { sku: 'SKU-17', stock: 3 }, { sku: 'SKU-17', stock: 12 }, [
      { path: '/stock', from: 12, to: 3 },
    ]),
  ),
};
const at = new Date(TIME).toISOString();

function card(text: string, facts: { title: string; value: string }[]) {
  const body = [
    { type: 'TextBlock', weight: 'Bolder', wrap: true, text },
    { type: 'FactSet', facts },
  ];
  const $schema = 'http://adaptivecards.io/schemas/adaptive-card.json';
  const content = { $schema, type: 'AdaptiveCard', version: '1.4', body };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, content }] };
}

function incident(event: ChangeEvent, action: string, summary: string, severity: string) {
  const { current, previous } = JSON.parse(event.body).data;
  return {
    routing_key: SECRET,
    event_action: action,
    dedup_key: 'pollhook/services/mail',
    payload: {
      summary,
      source: 'services',
      severity,
      timestamp: at,
      custom_details: { event: event.id, now: current, before: previous },
    },
  };
}

function alert(event: ChangeEvent, summary: string, more: object) {
  const labels = { alertname: 'ServiceDown', service: 'mail', source: 'services', severity: 'critical' };
  return [{ labels, annotations: { summary, event: event.id }, startsAt: at, ...more }];
}

function genie(event: ChangeEvent, message: string, priority: string, details: object) {
  const alias = 'pollhook/services/mail';
  return { message, alias, source: 'pollhook', priority, details: { event: event.id, ...details } };
}

/** What each recipe makes of events that this product wrote. */
const EXPECTED: Readonly<Record<string, readonly (readonly [event: ChangeEvent, body: unknown])[]>> = {
  slack: [
    [
      TICKETS.updated,
      {
        text: '*T-1* Printer &lt;3&gt; on &amp; off (updated)\n• /status: open → solved',
        unfurl_links: false,
      },
    ],
    [TICKETS.created, { text: '*T-1* Printer &lt;3&gt; on &amp; off (created)', unfurl_links: false }],
    [TICKETS.deleted, { text: '*T-1* Printer &lt;3&gt; on &amp; off (deleted)', unfurl_links: false }],
  ],
  mattermost: [
    [
      TICKETS.updated,
      {
        username: 'pollhook',
        text: '**T-1** Printer <3> on & off (updated)\n\n| field | before | after |\n| --- | --- | --- |\n| /status | open | solved |',
      },
    ],
    [TICKETS.created, { username: 'pollhook', text: '**T-1** Printer <3> on & off (created)' }],
  ],
  discord: [
    [
      TICKETS.updated,
      {
        content: '**T-1** Printer <3> on & off (updated)\n- /status: open → solved',
        allowed_mentions: { parse: [] },
      },
    ],
    [TICKETS.deleted, { content: '**T-1** Printer <3> on & off (deleted)', allowed_mentions: { parse: [] } }],
  ],
  teams: [
    [
      TICKETS.updated,
      card('T-1 Printer <3> on & off (updated)', [{ title: '/status', value: 'open → solved' }]),
    ],
    [TICKETS.created, card('T-1 Printer <3> on & off (created)', [])],
  ],
  pagerduty: [
    [SERVICES.updated, incident(SERVICES.updated, 'trigger', 'mail is down', 'critical')],
    [SERVICES.slow, incident(SERVICES.slow, 'trigger', 'mail is degraded', 'warning')],
    [SERVICES.created, incident(SERVICES.created, 'resolve', 'mail is up', 'critical')],
    [SERVICES.deleted, incident(SERVICES.deleted, 'resolve', 'mail is gone', 'critical')],
  ],
  opsgenie: [
    [SERVICES.updated, genie(SERVICES.updated, 'mail is down', 'P1', { before: 'up', after: 'down' })],
    [SERVICES.slow, genie(SERVICES.slow, 'mail is degraded', 'P3', { before: 'up', after: 'degraded' })],
    [SERVICES.created, genie(SERVICES.created, 'mail is up', 'P5', { after: 'up' })],
  ],
  alertmanager: [
    [SERVICES.updated, alert(SERVICES.updated, 'mail is down', {})],
    [SERVICES.created, alert(SERVICES.created, 'mail is up', { endsAt: at })],
    [SERVICES.deleted, alert(SERVICES.deleted, 'mail is gone', { endsAt: at })],
  ],
  'github-dispatch': [
    [
      TICKETS.updated,
      {
        event_type: 'tickets.updated',
        client_payload: {
          id: TICKETS.updated.id,
          timestamp: at,
          data: JSON.parse(TICKETS.updated.body).data,
        },
      },
    ],
  ],
  pushover: [
    [STOCK.updated, { token: SECRET, user: SECRET, title: 'SKU-17 updated', message: 'Stock: 12 → 3' }],
  ],
};

function formatOf(recipe: string) {
  const names = ['SLACK_WEBHOOK', 'MATTERMOST_WEBHOOK', 'DISCORD_WEBHOOK', 'TEAMS_WORKFLOW'].map(
    (name) => `${name}_URL`,
  );
  const secrets = [
    'PAGERDUTY_ROUTING_KEY',
    'OPSGENIE_API_KEY',
    'GITHUB_TOKEN',
    'PUSHOVER_TOKEN',
    'PUSHOVER_USER',
  ];
  const env = Object.fromEntries([
    ...names.map((name) => [name, 'https://hooks.example.com/x']),
    ...secrets.map((name) => [name, SECRET]),
  ]);
  const loaded = loadConfig(join(ROOT, `${recipe}.yaml`), env);
  assert.ok(loaded.kind === 'ok', JSON.stringify(loaded));
  assert.deepEqual(loaded.warnings, []);
  const [webhook] = loaded.config.webhooks.values();
  assert.ok(webhook);
  return createFormat(webhook);
}

test('every recipe is tested', () => {
  const recipes = globSync('*.yaml', { cwd: ROOT }).map((file) => basename(file, '.yaml'));
  assert.deepEqual(recipes.sort(), Object.keys(EXPECTED).sort());
});

for (const [recipe, cases] of Object.entries(EXPECTED)) {
  for (const [event, expected] of cases) {
    test(`${recipe}: ${event.type}`, async () => {
      const { contentType, body } = formatOf(recipe);
      const text = await body(event);
      assert.ok(typeof text === 'string', JSON.stringify(text));
      const isForm = contentType === 'application/x-www-form-urlencoded';
      assert.deepEqual(isForm ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text), expected);
    });
  }
}

test('what is too long for a service is cut', async () => {
  const title = 'x'.repeat(5000);
  const long = eventOf('tickets', change('T-1', { ...OPEN, title }, null));
  const discord = JSON.parse(String(await formatOf('discord').body(long)));
  assert.equal(discord.content.length, 2000);
});

test('every recipe makes a body of every kind of event, whole documents and operational events included', async () => {
  const events = [
    ...Object.values(TICKETS),
    ...Object.values(SERVICES),
    eventOf('job', { ...change('', { status: 'done' }, { status: 'running' }), key: '' }),
    {
      ...TICKETS.created,
      body: `{"type":"pollhook.source.failing","timestamp":"${at}","data":{"source":"tickets","error":"500"}}`,
    },
  ];
  for (const recipe of Object.keys(EXPECTED)) {
    const { body } = formatOf(recipe);
    for (const event of events)
      assert.equal(typeof (await body(event)), 'string', `${recipe}: ${event.type} ${event.body}`);
  }
});
