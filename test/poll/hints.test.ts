import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Site } from './site.ts';

const LIST = 'url: URL/items\nkey: id\n';
const RECORDS = [
  { id: 1, user: { name: 'a' }, tags: [{ t: 1 }], '@x.y': 1 },
  { id: 2, state: 'new' },
];

describe('a path that leads to nothing, where nothing else would tell', () => {
  const lost: [name: string, options: string, warning: RegExp | null][] = [
    [
      'only',
      'only: [stauts, user.nmae]',
      /^`only` asks for "stauts", "user\.nmae", which no record has: .*; the first has "id", "user", "tags", "@x\.y"$/,
    ],
    ['changed', 'events: [{ changed: [tags.*.x] }]', /^`changed` of event rule 1 asks for "tags\.\*\.x"/],
    ['when', 'events: [{}, { when: \'stauts = "x"\' }]', /^`when` of event rule 2 asks for "stauts"/],
    ['becomes', 'events: [{ becomes: stock < $previous.stock }]', /^`becomes` .* asks for "stock"/],
    ['confirm.when', "confirm: { enter: 2, leave: 2, when: 'up = 1' }", /^`confirm\.when` asks for "up"/],
    ['what some record has', "only: [state, user.name, tags.*.t, '@x.y']", null],
    ['one of several', 'only: [state, result, error]', null],
    ['what may be there', "events: [{ when: '$exists(error)' }]", null],
    ['what is new in an event', 'events: [{ data: \'{ "no": nr, "key": $key }\' }]', null],
    ['what is somewhere else', "events: [{ when: '$count(tags[x = 1]) > 0 and $key' }]", null],
  ];
  for (const [name, options, warning] of lost) {
    test(`${name}: ${warning ? 'told once' : 'nothing to tell'}`, async () => {
      await using site = await Site.open(`${LIST}${options}`, () => []);
      assert.deepEqual((await site.see()).warnings, []);
      site.answer = () => RECORDS;
      const told = (await site.see()).warnings.filter((one) => one.includes(' asks for '));
      assert.equal(told.length, warning ? 1 : 0, told.join('\n'));
      if (warning) assert.match(told[0] ?? '', warning);
      site.answer = () => RECORDS.slice(1);
      assert.deepEqual((await site.see()).warnings, []);
    });
  }

  test('what one document does not have yet: nothing to tell', async () => {
    const options = 'url: URL/job\nevents: [{ becomes: error }, { when: \'sate = "done" and error\' }]';
    await using site = await Site.open(options, () => ({ state: 'running' }));
    const { warnings } = await site.see();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^`when` of event rule 2 asks for "sate", "error"/);
  });

  for (const [price, isTold] of [
    ['4,95', true],
    ['$4.95', true],
    ['4.95', false],
    [4.95, false],
    [null, false],
  ] as const) {
    test(`a tolerance on ${JSON.stringify(price)}: ${isTold ? 'told' : 'nothing to tell'}`, async () => {
      const options = `${LIST}tolerance: { 'lines.*.price': 0.1 }`;
      await using site = await Site.open(options, () => [{ id: 1, lines: [{ price }] }]);
      const { warnings } = await site.see();
      const told =
        '`tolerance` has no effect on "lines.*.price": what records have there is no number like 4.95';
      assert.deepEqual(warnings, isTold ? [told] : []);
    });
  }

  test('a selector or a pattern that finds nothing at first: told', async () => {
    const html = 'format: html\nhtml: { rows: "table#x tr", fields: { id: td } }';
    for (const [format, body] of [
      [html, '<p>'],
      ['format: text\ntext: { pattern: "^(?<id>\\\\d+)$" }', 'a'],
    ]) {
      await using site = await Site.open(`${LIST}${format}`, (_, __, response) => void response.end(body));
      assert.match(
        (await site.see()).warnings.join(),
        /^`(?:html\.rows` selects|text\.pattern` matches) nothing/,
      );
      assert.deepEqual((await site.see()).warnings, []);
    }
  });

  test('one of several paths in many records: told', async () => {
    const records = Array.from({ length: 10 }, (_, id) => ({ id, state: 'new' }));
    await using site = await Site.open(`${LIST}only: [state, prise]`, () => records);
    assert.match((await site.see()).warnings.join(), /^`only` asks for "prise", which no record has/);
  });
});
