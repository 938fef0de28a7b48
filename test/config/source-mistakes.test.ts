import { mistakes, source, URL_LINE } from './files.ts';

mistakes([
  [
    'a key of other credentials',
    source(URL_LINE, 'auth: { type: basic, username: a, password: b, token: c }'),
    '4:52 sources.s.auth.token: unknown key → the keys here are `type`, `username`, `password`',
  ],
  [
    'a key of webhooks in a source',
    source(URL_LINE, 'supersede: true'),
    '4:5 sources.s.supersede: unknown key',
  ],
  [
    'credentials that lack everything',
    source(URL_LINE, 'auth: { type: basic }'),
    '4:5 sources.s.auth.username: missing',
    '4:5 sources.s.auth.password: missing',
  ],
  [
    'a line break in a header',
    source(URL_LINE, 'headers: { X-A: "a\\r\\nX-B: c" }'),
    '4:21 sources.s.headers.X-A: this is not a header value → a header value holds no line breaks, control characters or letters beyond Latin-1',
  ],
  [
    'a bad header name',
    source(URL_LINE, 'headers: { "X A": b }'),
    '4:16 sources.s.headers.X A: this key cannot be used → a header name has letters, digits and -, but no spaces or colon',
  ],
  [
    'a header of the connection',
    source(URL_LINE, 'headers: { Transfer-Encoding: chunked }'),
    '4:16 sources.s.headers.Transfer-Encoding: this key cannot be used → this header is set by the connection itself: remove it',
  ],
  [
    'one header twice',
    source(URL_LINE, 'headers: { X-A: b, x-a: c }'),
    '4:24 sources.s.headers.x-a: this header is given twice → keep one of them',
  ],
  [
    'a method in small letters',
    source(URL_LINE, 'method: get'),
    '4:13 sources.s.method: this is not a method → a method is written in capitals, like GET or POST',
  ],
  [
    'items that are no JSONata',
    source(URL_LINE, 'items: data[', 'key: id'),
    '4:12 sources.s.items: this is not JSONata at character 5: Expected "]" before end of expression → write a path like data.tickets, or a JSONata expression',
  ],
  [
    'a bad path',
    source(URL_LINE, 'key: a..b'),
    '4:10 sources.s.key: this is not a path → a path is written like a.b or list.*.c',
  ],
  [
    'learned intervals the wrong way round',
    source(URL_LINE, 'every: { min: 10m, max: 10s }'),
    '4:19 sources.s.every.min: `min` is longer than `max` → write a shorter `min` or a longer `max`',
  ],
  [
    'learned intervals without an end',
    source(URL_LINE, 'every: { min: 10s }'),
    '4:5 sources.s.every.max: missing → write `max: …` here (a duration)',
  ],
  [
    'a weight of nothing',
    source(URL_LINE, 'weight: 0'),
    '4:13 sources.s.weight: too small → write more than 0',
  ],
  [
    'a weight of words',
    source(URL_LINE, 'weight: high'),
    '4:13 sources.s.weight: expected a number, found text → write a number',
  ],
  [
    'a name that it had before and still has',
    source(URL_LINE, 'moved_from: s'),
    '4:17 sources.s.moved_from: this is the name that it has → write the name that this source had before, or remove it',
  ],
  [
    'a name that another source has',
    source(URL_LINE, 'moved_from: t').replace(
      'webhooks:',
      '  t: { url: "https://a.example.com" }\nwebhooks:',
    ),
    '4:17 sources.s.moved_from: there still is a source `t`, with a state of its own',
  ],
  [
    'two sources that were one',
    source(URL_LINE, 'moved_from: u').replace(
      'webhooks:',
      '  t: { url: "https://a.example.com", moved_from: u }\nwebhooks:',
    ),
    '5:50 sources.t.moved_from: `s` carries on the state of `u` already → remove it from one of them',
  ],
  [
    'every and cron',
    source(URL_LINE, 'every: 5s', 'cron: 0 * * * *'),
    '5:11 sources.s.cron: `every` and `cron` exclude each other → remove one of them',
  ],
  [
    'timezone without cron',
    source(URL_LINE, 'timezone: UTC'),
    '4:15 sources.s.timezone: `timezone` is only for `cron` → remove it, or write `cron` instead of `every`',
  ],
  [
    'a bad time zone',
    source(URL_LINE, 'cron: 0 * * * *', 'timezone: Mars/Base'),
    '5:15 sources.s.timezone: this is not a time zone → write an IANA name like Europe/Berlin or UTC',
  ],
  [
    'four fields of cron',
    source(URL_LINE, 'cron: 0 * * *'),
    '4:11 sources.s.cron: this is not a cron expression → write 5 fields (minute hour day month weekday), or 6 with seconds first, like `0 9 * * MON-FRI`',
  ],
  [
    'seven fields of cron',
    source(URL_LINE, 'cron: 0 0 0 1 1 * 2030'),
    '4:11 sources.s.cron: this is not a cron expression → write 5 fields (minute hour day month weekday), or 6 with seconds first, like `0 9 * * MON-FRI`',
  ],
  [
    'a nickname for cron',
    source(URL_LINE, 'cron: "@daily"'),
    '4:11 sources.s.cron: this is not a cron expression → write 5 fields (minute hour day month weekday), or 6 with seconds first, like `0 9 * * MON-FRI`',
  ],
  [
    'minute 61',
    source(URL_LINE, 'cron: 61 * * * *'),
    '4:11 sources.s.cron: this is not a cron expression → write 5 fields (minute hour day month weekday), or 6 with seconds first, like `0 9 * * MON-FRI`',
  ],
  [
    'the 30th of February',
    source(URL_LINE, 'cron: 0 0 30 2 *'),
    '4:11 sources.s.cron: no day is like this → write 5 fields (minute hour day month weekday), or 6 with seconds first, like `0 9 * * MON-FRI`',
  ],
  [
    'content_type without body',
    source(URL_LINE, 'content_type: form'),
    '4:19 sources.s.content_type: `content_type` is only for a `body` → remove it, or add a `body`',
  ],
  [
    'a form that is text',
    source(URL_LINE, 'method: POST', 'body: a=b', 'content_type: form'),
    '5:11 sources.s.body: a form is a map → write `name: value` lines, or another `content_type`',
  ],
  [
    'first longer than max',
    source(URL_LINE, 'backoff: { first: 1h, max: 5m }'),
    '4:23 sources.s.backoff.first: `first` is longer than `max` → write a shorter `first` or a longer `max`',
  ],
  [
    'first longer than the default max',
    source(URL_LINE, 'backoff: { first: 1h }'),
    '4:23 sources.s.backoff.first: `first` is longer than `max` → write a shorter `first` or a longer `max`',
  ],
  [
    'an unknown webhook',
    source(URL_LINE, 'send_to: [w, v]'),
    '4:18 sources.s.send_to.1: there is no webhook named `v` → there is `w`',
  ],
  [
    'an unknown webhook like no other',
    source(URL_LINE, 'send_to: nobody'),
    '4:14 sources.s.send_to: there is no webhook named `nobody` → there is `w`',
  ],
  [
    'several webhooks and no send_to',
    `sources:\n  s: { url: "https://x.test/" }\nwebhooks:\n  a: &w { url: "https://x.test/", sign: none }\n  b: *w\n`,
    '2:3 sources.s.send_to: missing → there are several webhooks, say where to send: `send_to: a`',
  ],
  [
    'unknown credentials',
    `auth: { crm: { type: bearer, token: abcdef } }\n${source(URL_LINE, 'auth: crn')}`,
    '5:11 sources.s.auth: there are no credentials named `crn` → did you mean `crm`?',
  ],
  [
    'no credentials at all',
    source(URL_LINE, 'auth: crm'),
    '4:11 sources.s.auth: there are no credentials named `crm` → write it under the top-level `auth`',
  ],
  [
    'credentials without type',
    source(URL_LINE, 'auth: { username: a }'),
    '4:5 sources.s.auth.type: missing → write `type: …` here (basic, bearer, header, query, oauth2, login or digest)',
  ],
  [
    'a misspelt type of credentials',
    source(URL_LINE, 'auth: { type: baisc, username: a, password: b }'),
    '4:19 sources.s.auth.type: `baisc` is not possible here → did you mean `basic`?',
  ],
  [
    'credentials that lack a part',
    source(URL_LINE, 'auth:', '  type: basic', '  username: a'),
    '4:5 sources.s.auth.password: missing → write `password: …` here (text)',
  ],
  [
    'wrong credentials by name',
    `auth:\n  crm: { type: bearer }\n${source(URL_LINE, 'auth: crm')}`,
    '2:3 auth.crm.token: missing → write `token: …` here (a header value)',
  ],
]);
