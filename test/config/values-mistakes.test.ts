import { mistakes, source, URL_LINE } from './files.ts';

mistakes([
  ['missing url', source('every: 5s'), '2:3 sources.s.url: missing → write `url: …` here (a URL)'],
  ['misspelt key', source(URL_LINE, 'evry: 5s'), '4:5 sources.s.evry: unknown key → did you mean `every`?'],
  [
    'key in another spelling',
    source(URL_LINE, 'maxBody: 5MB'),
    '4:5 sources.s.maxBody: unknown key → did you mean `max_body`?',
  ],
  [
    'a key like no other',
    source(URL_LINE, 'zebra: 2'),
    '4:5 sources.s.zebra: unknown key → the keys here are `url`, `method`, `headers`',
  ],
  [
    'constructor as a key',
    source(URL_LINE, 'constructor: 2'),
    '4:5 sources.s.constructor: unknown key → the keys here are `url`, `method`, `headers`',
  ],
  [
    '__proto__ as a key',
    source(URL_LINE, '__proto__: { a: 1 }'),
    '4:5 sources.s.__proto__: this name cannot be used → choose another name',
  ],
  [
    'not a URL',
    source('url: x.test/path'),
    '3:10 sources.s.url: this is not a URL → write it like https://host.example.com/path',
  ],
  [
    'another scheme',
    source('url: ftp://x.test/'),
    '3:10 sources.s.url: only http and https are supported → write it like https://host.example.com/path',
  ],
  [
    'user info in the URL',
    source('url: https://u:p@x.test/'),
    '3:10 sources.s.url: user name and password do not belong in a URL → use `auth` with `type: basic`',
  ],
  [
    'a duration without unit',
    source(URL_LINE, 'timeout: 30'),
    '4:14 sources.s.timeout: expected a duration, found a number → write 30s',
  ],
  [
    'a quoted duration without unit',
    source(URL_LINE, 'timeout: "30"'),
    '4:14 sources.s.timeout: this is not a duration → write 30s',
  ],
  [
    'a duration in words',
    source(URL_LINE, 'timeout: half an hour'),
    '4:14 sources.s.timeout: this is not a duration → a duration is written like 500ms, 30s, 5m, 1h30m or 7d',
  ],
  [
    'units in the wrong order',
    source(URL_LINE, 'timeout: 5s1h'),
    '4:14 sources.s.timeout: this is not a duration → a duration is written like 500ms, 30s, 5m, 1h30m or 7d',
  ],
  [
    'a duration too small',
    source(URL_LINE, 'every: 10ms'),
    '4:12 sources.s.every: too small → the minimum is 100ms',
  ],
  [
    'a duration too large',
    source(URL_LINE, 'timeout: 7d'),
    '4:14 sources.s.timeout: too large → the maximum is 1d',
  ],
  [
    'a size without unit',
    source(URL_LINE, 'max_body: 1000'),
    '4:15 sources.s.max_body: expected a size, found a number → write 1000B',
  ],
  [
    'a ratio without sign',
    source(URL_LINE, 'deletes: { guard: { ratio: 10 } }'),
    '4:32 sources.s.deletes.guard.ratio: expected a ratio, found a number → write 10%',
  ],
  [
    'a ratio too large',
    source(URL_LINE, 'deletes: { guard: { ratio: 200% } }'),
    '4:32 sources.s.deletes.guard.ratio: too large → the maximum is 100%',
  ],
  [
    'a list for a duration',
    source(URL_LINE, 'timeout: [5s]'),
    '4:14 sources.s.timeout: expected a duration, found a list → write a duration',
  ],
  [
    'null for a duration',
    source(URL_LINE, 'timeout:'),
    '4:5 sources.s.timeout: expected a duration, found nothing → write a value, or remove the key',
  ],
  [
    'yes for true',
    source(URL_LINE, 'enabled: yes'),
    '4:14 sources.s.enabled: expected true or false, found text → write true',
  ],
  [
    'off for false',
    source(URL_LINE, 'enabled: off'),
    '4:14 sources.s.enabled: expected true or false, found text → write false',
  ],
  [
    'no where false is possible',
    source(URL_LINE, 'deletes: no'),
    '4:14 sources.s.deletes: expected false or a map, found text → write false',
  ],
  [
    'a number for true',
    source(URL_LINE, 'enabled: 1'),
    '4:14 sources.s.enabled: expected true or false, found a number → write true or false',
  ],
  [
    'a fraction for a whole number',
    source(URL_LINE, 'redirects: 2.5'),
    '4:16 sources.s.redirects: expected a whole number, found a fraction → write a whole number',
  ],
  [
    'a quoted number',
    source(URL_LINE, 'redirects: "5"'),
    '4:16 sources.s.redirects: expected a whole number, found text → write 5 without quotes',
  ],
  [
    'a number too large',
    source(URL_LINE, 'redirects: 50'),
    '4:16 sources.s.redirects: too large → the maximum is 20',
  ],
  [
    'a misspelt choice',
    source(URL_LINE, 'initial: basline'),
    '4:14 sources.s.initial: `basline` is not possible here → did you mean `baseline`?',
  ],
  [
    'no such choice',
    source(URL_LINE, 'format: yaml'),
    '4:13 sources.s.format: `yaml` is not possible here → write `auto`, `json`',
  ],
  [
    'a number for a choice',
    source(URL_LINE, 'format: 5'),
    '4:13 sources.s.format: expected auto, json, ndjson, csv, xml, html or text, found a number → write auto, json',
  ],
  [
    'a misspelt choice in a union',
    source(URL_LINE, 'conditional: atuo'),
    '4:18 sources.s.conditional: `atuo` is not possible here → did you mean `auto`?',
  ],
  [
    'a nested misspelling in a union',
    source(URL_LINE, 'deletes: { guard: { cuont: 3 } }'),
    '4:25 sources.s.deletes.guard.cuont: unknown key → did you mean `count`?',
  ],
  [
    'two mistakes in one map',
    source(URL_LINE, 'deletes: { confirm: 0, empty: true }'),
    '4:25 sources.s.deletes.confirm: too small → the minimum is 1',
    '4:28 sources.s.deletes.empty: unknown key → the keys here are `confirm`, `guard`, `allow_empty`',
  ],
  [
    'a number in a header',
    source(URL_LINE, 'headers: { X-Version: 1.10 }'),
    '4:27 sources.s.headers.X-Version: expected a header value, found a fraction → put it in quotes',
  ],
  [
    'a key that is in several places',
    source(URL_LINE, 'items: data', 'key: [id, parts.*.id]'),
    '5:15 sources.s.key.1: this is not a path → this path leads to one value: write it without *',
  ],
  [
    'a fraction instead of a ratio',
    source(URL_LINE, 'deletes: { guard: { ratio: 0.07 } }'),
    '4:32 sources.s.deletes.guard.ratio: expected a ratio, found a fraction → write 7%',
  ],
  [
    'what is no duration, in quotes or without',
    source(URL_LINE, 'every: true'),
    '4:12 sources.s.every: expected a duration or a map, found true or false → write a duration or a map',
  ],
  [
    'a list in a query',
    source(URL_LINE, 'query: { a: [1] }'),
    '4:17 sources.s.query.a: expected text, a number, true or false, found a list → write text, a number, true or false',
  ],
  [
    'a number for a body',
    source(URL_LINE, 'body: 5'),
    '4:11 sources.s.body: expected text or a map, found a number → put it in quotes: "5"',
  ],
  [
    'items without key',
    source(URL_LINE, 'items: data'),
    '2:3 sources.s.key: missing → `items` needs a `key`: the field that identifies a record, like `key: id`',
  ],
  [
    'an empty list of keys',
    source(URL_LINE, 'key: []'),
    '4:10 sources.s.key: this is empty → write something, or remove the key',
  ],
  [
    'a key of other credentials',
    source(URL_LINE, 'auth: { type: bearer, token: a, username: b }'),
    '4:37 sources.s.auth.username: unknown key → the keys here are `type`, `token`',
  ],
]);
