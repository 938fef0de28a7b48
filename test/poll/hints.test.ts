import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Site } from './site.ts';

const LIST = 'url: URL/items\nkey: id\n';
const RECORDS = [
  { id: 1, user: { name: 'a' }, tags: [{ t: 1 }], '@x.y': 1 },
  { id: 2, state: 'new' },
];

describe('a path that leads to nothing, where nothing else would tell', () => {
  const lost: [name: string, options: string, warnings: RegExp[]][] = [
    [
      'only',
      'only: [id, stauts, user.nmae]',
      [
        /^`only` names "stauts", which no record has; .*; the first record has "id", "user", "tags", "@x\.y"$/,
        /^`only` names "user\.nmae", .*; "user" has "name"$/,
      ],
    ],
    ['changed', 'events: [{ changed: [tags.*.x] }]', [/^`changed` of event rule 1 names "tags\.\*\.x"/]],
    ['when', 'events: [{}, { when: \'stauts = "x"\' }]', [/^`when` of event rule 2 names "stauts"/]],
    ['becomes', 'events: [{ becomes: stock < $previous.stock }]', [/^`becomes` .* names "stock"/]],
    ['data', 'events: [{ data: \'{ "no": nr, "key": $key }\' }]', [/^`data` .* names "nr"/]],
    ['confirm.when', "confirm: { enter: 2, leave: 2, when: 'up = 1' }", [/^`confirm\.when` names "up"/]],
    ['nothing that some record has', "only: [state, user.name, tags.*.t, '@x.y']", []],
    ['nothing that is nowhere by itself', "events: [{ when: '$count(tags[x = 1]) > 0 and $key' }]", []],
  ];
  for (const [name, options, warnings] of lost) {
    test(`${name} is told once`, async () => {
      await using site = await Site.open(`${LIST}${options}`, () => []);
      assert.deepEqual((await site.see()).warnings, []);
      site.answer = () => RECORDS;
      const told = (await site.see()).warnings.filter((one) => one.includes(' names '));
      assert.equal(told.length, warnings.length, told.join('\n'));
      for (const [at, warning] of warnings.entries()) assert.match(told[at] ?? '', warning);
      site.answer = () => RECORDS.slice(1);
      assert.deepEqual((await site.see()).warnings, []);
    });
  }
});
