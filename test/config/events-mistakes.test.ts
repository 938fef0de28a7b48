import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loaded, mistakes, problems, source, URL_LINE } from './files.ts';

const TWO =
  'webhooks: { a: { url: "https://a.test/", sign: none }, b: { url: "https://b.test/", sign: none } }\n';
const two = (...lines: string[]) => `sources:\n  s:\n${lines.map((line) => `    ${line}\n`).join('')}${TWO}`;

mistakes([
  [
    'a variable that nothing is given',
    source(URL_LINE, 'items: $data.tickets', 'key: id'),
    '4:12 sources.s.items: this is not JSONata at character 5: there is no $data here → write a path like data.tickets, or a JSONata expression',
  ],
  [
    'a variable that `until` is not given',
    source(URL_LINE, 'until: $status = "done"'),
    '4:12 sources.s.until: this is not JSONata at character 7: there is no $status here, but $records → see https://docs.jsonata.org',
  ],
  [
    'a variable that `expect.where` is not given',
    source(URL_LINE, 'expect: { where: $status = "ok" }'),
    '4:22 sources.s.expect.where: this is not JSONata at character 7: there is no $status here → see https://docs.jsonata.org',
  ],
  ['no rules', source(URL_LINE, 'events: []'), '4:13 sources.s.events: this is empty'],
  [
    'a rule that is no map',
    source(URL_LINE, 'events: [created]'),
    '4:14 sources.s.events.0: expected a map, found text',
  ],
  [
    'an unknown key',
    source(URL_LINE, 'events:', '  - typ: x'),
    '5:9 sources.s.events.0.typ: unknown key → did you mean `type`?',
  ],
  [
    'a type with a blank',
    source(URL_LINE, 'events:', '  - type: low stock'),
    '5:15 sources.s.events.0.type: this is not a type → a type has 1 to 128 letters',
  ],
  [
    'an unknown kind of change',
    source(URL_LINE, 'events:', '  - on: [created, update]'),
    '5:23 sources.s.events.0.on.1: `update` is not possible here → did you mean `updated`?',
  ],
  [
    'a variable that nobody gives',
    source(URL_LINE, 'events: [{ when: "status != $prevoius.status" }]'),
    '4:22 sources.s.events.0.when: this is not JSONata at character 19: there is no $prevoius here, but $previous, $change, $key, $source, $changes → see https://docs.jsonata.org',
  ],
  [
    'expressions that are none, all at once',
    source(URL_LINE, 'events:', '  - when: status == "x"', '    becomes: stock <', '    data: "{ id }"'),
    '5:15 sources.s.events.0.when: this is not JSONata at character 9: ',
    '6:18 sources.s.events.0.becomes: this is not JSONata at character 7: Unexpected end of expression → see https://docs.jsonata.org',
    '7:15 sources.s.events.0.data: this is not JSONata at character 6: ',
  ],
  [
    'changed paths of what is never updated',
    source(URL_LINE, 'events:', '  - on: created', '    changed: a'),
    '6:18 sources.s.events.0.changed: only an update changes what is at a path → add `updated` to `on`, or remove `changed`',
  ],
  [
    'what a deleted record becomes',
    source(URL_LINE, 'events:', '  - on: deleted', '    becomes: a = 1'),
    '6:18 sources.s.events.0.becomes: a deleted record becomes nothing → write `when` for what was true of it before',
  ],
  [
    'an unknown webhook in a rule',
    two(URL_LINE, 'send_to: a', 'events:', '  - send_to: [a, c]'),
    '6:22 sources.s.events.0.send_to.1: there is no webhook named `c` → there is `a`, `b`',
  ],
  [
    'a rule that does not say where to send',
    two(URL_LINE, 'events:', '  - send_to: a', '  - type: t'),
    '2:3 sources.s.send_to: missing → there are several webhooks',
  ],
]);

describe('event rules', () => {
  test('have defaults', () => {
    const { config } = loaded(source(URL_LINE, 'events:', '  - type: t', '    on: created'));
    assert.deepEqual(config.sources.get('s')?.events, [
      {
        type: 't',
        on: ['created'],
        changed: null,
        when: null,
        becomes: null,
        data: null,
        send_to: ['w'],
      },
    ]);
  });

  test('are one for everything when none is written', () => {
    const { config } = loaded(source(URL_LINE));
    const [rule, ...others] = config.sources.get('s')?.events ?? [];
    assert.deepEqual(
      [rule?.type, rule?.on, rule?.send_to, others],
      [null, ['created', 'updated', 'deleted'], ['w'], []],
    );
  });

  test('may all say themselves where to send', () => {
    const { config } = loaded(two(URL_LINE, 'events: [{ send_to: a }, { send_to: [b, a] }]'));
    const source = config.sources.get('s');
    assert.deepEqual(
      [source?.events.map((rule) => rule.send_to), source?.send_to],
      [[['a'], ['b', 'a']], []],
    );
  });

  test('are not quoted when they come from a variable', () => {
    const [problem] = problems(source(URL_LINE, 'events: [{ when: "${WHEN}" }]'), {
      WHEN: 'hidden == "secret"',
    });
    assert.match(problem ?? '', /this is not JSONata at character 9 →/);
  });
});
