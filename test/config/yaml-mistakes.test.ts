import { mistakes, SOURCES, source, URL_LINE, WEBHOOKS, webhook } from './files.ts';

mistakes([
  [
    'empty file',
    '',
    '1:1 : the file is empty → write `sources:` (what is polled) and `webhooks:` (where events go)',
  ],
  [
    'only a comment',
    '# nothing\n',
    '1:1 : the file is empty → write `sources:` (what is polled) and `webhooks:` (where events go)',
  ],
  [
    'only a document marker',
    '---\n',
    '1:1 : the file is empty → write `sources:` (what is polled) and `webhooks:` (where events go)',
  ],
  [
    'a missing variable',
    source(`url: https://\${HOST_NAME}/`),
    `3:10 sources.s.url: the variable HOST_NAME is not set → set HOST_NAME in the environment, or give a default: \${HOST_NAME:-default}`,
  ],
  [
    'a missing file',
    source(URL_LINE, `auth: { type: bearer, token: "\${file:/no/such/file}" }`),
    '4:34 sources.s.auth.token: the file /no/such/file cannot be read: ENOENT',
  ],
  [
    `a \${ that is not closed`,
    source(`url: https://\${HOST`),
    `3:10 sources.s.url: a \${ is not closed → write \${NAME}, \${NAME:-default} or \${file:/path}; a literal \${ is written $\${`,
  ],
  [
    `a \${} without a name`,
    source(`url: https://\${}/`),
    `3:10 sources.s.url: this \${…} is not understood → write \${NAME}, \${NAME:-default} or \${file:/path}; a literal \${ is written $\${`,
  ],
  [
    'an unquoted variable in braces',
    source(URL_LINE, `headers: { X-A: \${TOKEN} }`),
    `4:22 : a variable stands unquoted inside [ ] or { } → put it in quotes: "\${NAME}"`,
  ],
  [
    'an unquoted variable in brackets',
    webhook(URL_LINE, `secret: [\${TOKEN}]`),
    `4:15 : a variable stands unquoted inside [ ] or { } → put it in quotes: "\${NAME}"`,
  ],
  [
    'a variable of an object',
    source(`url: https://\${toString}/`),
    `3:10 sources.s.url: the variable toString is not set → set toString in the environment, or give a default: \${toString:-default}`,
  ],
  [
    'a duplicate key',
    source(URL_LINE, 'every: 5s', 'every: 6s'),
    '5:5 sources.s.every: this key is given twice in one map → keep one of them',
  ],
  [
    'a duplicate source',
    `sources:\n  s: { url: "https://x.test/" }\n  s: { url: "https://x.test/" }\n${WEBHOOKS}`,
    '3:3 sources.s: this key is given twice in one map → keep one of them',
  ],
  [
    'an unknown tag',
    source(URL_LINE, 'every: !seconds 5s'),
    '4:12 : unknown tag → remove it; a text that starts with ! goes in quotes',
  ],
  [
    'a known tag of another schema',
    source(URL_LINE, 'every: !!binary aGk='),
    '4:12 : unknown tag → remove it; a text that starts with ! goes in quotes',
    '4:21 sources.s.every: this is not a duration → a duration is written like 500ms, 30s, 5m, 1h30m or 7d',
  ],
  [
    'two documents',
    `${SOURCES}${WEBHOOKS}---\n${SOURCES}`,
    '3:1 : a second document begins here → keep one document in the file: remove the line ---',
  ],
  [
    'YAML 1.1',
    `%YAML 1.1\n---\n${SOURCES}${WEBHOOKS}`,
    '1:1 : this is YAML 1.1 → remove the line %YAML: it is read as YAML 1.2',
  ],
  ['a tab', `sources:\n\ts: 1\n`, '2:1 : a tab is used for indentation → use spaces'],
  [
    'a second colon',
    source('url: a: b'),
    '3:10 : a second `: ` on one line → put the value in quotes, or start a new line',
  ],
  [
    'an open bracket',
    source(URL_LINE, 'send_to: [w'),
    '5:1 : the indentation is wrong here → start the keys of one map in the same column; close [ and {',
  ],
  [
    'an open quote',
    source('url: "https://x.test/'),
    '3:26 : a character is missing: a quote, bracket, comma, space or colon → close what was opened; write `key: value` with a space',
  ],
  [
    'a missing anchor',
    source(URL_LINE, 'timeout: *t'),
    '4:14 sources.s.timeout: the alias does not work: no anchor above it has this name → write &name before the value, above the alias',
  ],
  [
    'an alias in itself',
    source(URL_LINE, 'body: &b { a: *b }'),
    '4:19 sources.s.body.a: the alias does not work: it lies within its own anchor → write &name before the value, above the alias',
  ],
  [
    'a merge of text',
    source(URL_LINE, '<<: text'),
    '4:5 sources.s: << merges maps only → write <<: *anchor, or <<: [*first, *second]',
  ],
  [
    'a merge of a list in a list',
    source(URL_LINE, '<<: [[a]]'),
    '4:5 sources.s: << merges maps only → write <<: *anchor, or <<: [*first, *second]',
  ],
  [
    'a key that is a list',
    source(URL_LINE, '[a]: b'),
    '4:5 : this is not YAML → look at the lines above for an open quote or bracket',
  ],
  [
    'a number that loses digits',
    source(URL_LINE, 'body: { id: 12345678901234567890 }'),
    '4:17 sources.s.body.id: this number is too large to be kept exactly → put it in quotes',
  ],
  [
    'a mistake in an anchor, used twice',
    `sources:\n  a: &a\n    ${URL_LINE}\n    every: 5\n  b: *a\n${WEBHOOKS}`,
    '4:12 sources.a.every: expected a duration or a map, found a number → write 5s',
  ],
  [
    'a mistake that was merged',
    `sources:\n  a: &a\n    ${URL_LINE}\n    every: 5\n  b:\n    <<: *a\n    zebra: 1\n${WEBHOOKS}`,
    '4:12 sources.a.every: expected a duration or a map, found a number → write 5s',
    '7:5 sources.b.zebra: unknown key → the keys here are `url`, `method`, `headers`',
  ],
]);
