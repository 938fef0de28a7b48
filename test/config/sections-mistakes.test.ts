import { mistakes, SOURCES, source, URL_LINE, WEBHOOKS } from './files.ts';

mistakes([
  [
    'a list at the top',
    '- a\n',
    '1:1 : expected a map, found a list → write `key: value` lines below it, indented',
  ],
  [
    'text at the top',
    'hello\n',
    '1:1 : expected a map, found text → write `key: value` lines below it, indented',
  ],
  [
    'null sources',
    `sources:\n${WEBHOOKS}`,
    '1:1 sources: expected a map of names → at least one source is needed: `NAME:`, and under it `url: …` of what is polled',
  ],
  [
    'empty sources',
    `sources: {}\n${WEBHOOKS}`,
    '1:1 sources: this is empty → at least one source is needed: `NAME:`, and under it `url: …` of what is polled',
  ],
  [
    'sources as a list',
    `sources: [a]\n${WEBHOOKS}`,
    '1:10 sources: expected a map of names → at least one source is needed: `NAME:`, and under it `url: …` of what is polled',
  ],
  [
    'no sources',
    WEBHOOKS,
    '1:1 sources: missing → at least one source is needed: `NAME:`, and under it `url: …` of what is polled',
  ],
  [
    'no webhooks',
    SOURCES,
    '1:1 webhooks: missing → at least one webhook is needed: `NAME:`, and under it `url: …` where events are sent',
  ],
  [
    'unknown key at the top',
    `source: 1\n${SOURCES}${WEBHOOKS}`,
    '1:1 source: unknown key → did you mean `sources`?',
  ],
  [
    'alerts to a webhook that is not there',
    `alerts: { send_to: [w, opps] }\n${SOURCES}${WEBHOOKS}`,
    '1:24 alerts.send_to.1: there is no webhook named `opps` → there is `w`',
  ],
  ['alerts to nobody', `alerts: {}\n${SOURCES}${WEBHOOKS}`, '1:1 alerts.send_to: missing → '],
  [
    'a bad name',
    `sources:\n  "a b":\n    ${URL_LINE}\n${WEBHOOKS}`,
    '2:3 sources.a b: this name cannot be used → a name has 1 to 64 letters, digits, _ or -',
  ],
  [
    'a null source',
    `sources:\n  s:\n${WEBHOOKS}`,
    '2:3 sources.s: expected a map, found nothing → write `key: value` lines below it, indented',
  ],
  [
    'a source that is text',
    `sources:\n  s: https://x.test\n${WEBHOOKS}`,
    '2:6 sources.s: expected a map, found text → write `key: value` lines below it, indented',
  ],
  [
    '__proto__ as a source',
    `sources:\n  __proto__:\n    ${URL_LINE}\n${WEBHOOKS}`,
    '1:1 sources: this is empty → at least one source is needed: `NAME:`, and under it `url: …` of what is polled',
    '2:3 sources.__proto__: this name cannot be used → choose another name',
  ],
  [
    'a mistake in defaults, inherited twice',
    `defaults:\n  source:\n    timeout: 30\n    evry: 5s\nsources:\n  a: { url: "https://x.test/" }\n  b: { url: "https://x.test/" }\n${WEBHOOKS}`,
    '3:14 defaults.source.timeout: expected a duration, found a number → write 30s',
    '4:5 defaults.source.evry: unknown key → did you mean `every`?',
  ],
  [
    'a mistake in defaults without heirs',
    `defaults: { webhook: { order: keys } }\n${SOURCES}${WEBHOOKS}`,
    '1:31 defaults.webhook.order: `keys` is not possible here → did you mean `key`?',
  ],
  [
    'defaults of something else',
    `defaults: { sources: {} }\n${SOURCES}${WEBHOOKS}`,
    '1:13 defaults.sources: unknown key → did you mean `source`?',
  ],
  [
    'every default and cron of its own',
    `defaults: { source: { every: 5s } }\n${source(URL_LINE, 'cron: 0 * * * *', 'timezone: X')}`,
    '6:15 sources.s.timezone: this is not a time zone → write an IANA name like Europe/Berlin or UTC',
  ],
  [
    'a server on a bare port',
    `server: { listen: 8080 }\n${SOURCES}${WEBHOOKS}`,
    '1:19 server.listen: expected an address or false, found a number → write it like 127.0.0.1:8080',
  ],
  [
    'a server without port',
    `server: { listen: localhost }\n${SOURCES}${WEBHOOKS}`,
    '1:19 server.listen: this is not an address → an address is written like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080',
  ],
  [
    'a port too large',
    `server: { listen: "[::1]:70000" }\n${SOURCES}${WEBHOOKS}`,
    '1:19 server.listen: this is not an address → an address is written like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080',
  ],
  [
    'PostgreSQL',
    `state: postgres://u:p@db/x\n${SOURCES}${WEBHOOKS}`,
    '1:8 state: PostgreSQL is not supported by this version → write a folder like ./data, or a file like sqlite:./state.db',
  ],
  [
    'a folder that a shell would find',
    `state: ~/pollhook\n${SOURCES}${WEBHOOKS}`,
    '1:8 state: only a shell knows what ~ stands for → write the whole path, or in the configuration ${HOME}/…',
  ],
  [
    'a file that a shell would find',
    `state: sqlite:~/pollhook.db\n${SOURCES}${WEBHOOKS}`,
    '1:8 state: only a shell knows what ~ stands for → write the whole path, or in the configuration ${HOME}/…',
  ],
  [
    'SQLite without a path',
    `state: "sqlite:"\n${SOURCES}${WEBHOOKS}`,
    '1:8 state: this is not a place for state → write a folder like ./data, or a file like sqlite:./state.db',
  ],
  [
    'state in a bucket',
    `state: s3://bucket\n${SOURCES}${WEBHOOKS}`,
    '1:8 state: this is not a place for state → write a folder like ./data, or a file like sqlite:./state.db',
  ],
  [
    'mistakes everywhere, in the order of the text',
    `log: { level: loud }\nretention: { dead: 5 }\n${source('url: x', 'send_to: v')}`,
    '1:15 log.level: `loud` is not possible here → write `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`',
    '2:20 retention.dead: expected a duration, found a number → write 5s',
    '5:10 sources.s.url: this is not a URL → write it like https://host.example.com/path',
    '6:14 sources.s.send_to: there is no webhook named `v` → there is `w`',
  ],
]);
