import { fixturePath } from '../servers/tls.ts';
import { mistakes, SOURCES, source, URL_LINE, WEBHOOKS, webhook } from './files.ts';

const pem = fixturePath;

mistakes([
  [
    'oauth2 without what it needs',
    source(URL_LINE, 'auth: { type: oauth2, token_url: "https://x.test/token" }'),
    '4:5 sources.s.auth.client_id: missing → write `client_id: …` here (text)',
    '4:5 sources.s.auth.client_secret: missing → write `client_secret: …` here (text)',
  ],
  [
    'a style that does not exist',
    source(
      URL_LINE,
      'auth: { type: oauth2, token_url: "https://x.test/", client_id: a, client_secret: b, style: header }',
    ),
    '4:96 sources.s.auth.style: `header` is not possible here → write `basic`, `body`',
  ],
  [
    'a password in the URL of the tokens',
    source(
      URL_LINE,
      'auth: { type: oauth2, token_url: "https://a:b@x.test/", client_id: a, client_secret: b }',
    ),
    '4:38 sources.s.auth.token_url: user name and password do not belong in a URL',
  ],
  [
    'a status that is none',
    source(
      URL_LINE,
      'auth: { type: oauth2, token_url: "https://x.test/", client_id: a, client_secret: b, refresh_on: [200] }',
    ),
    '4:102 sources.s.auth.refresh_on.0: too small → the minimum is 400',
  ],
  [
    'a header that the credentials are sent in',
    source(URL_LINE, 'headers: { authorization: x }', 'auth: { type: bearer, token: a }'),
    '4:16 sources.s.headers.authorization: this header is written by `auth` → remove one of them',
  ],
  [
    'a header that the session is sent in',
    source(
      URL_LINE,
      'headers: { Cookie: a=b, x-session: x }',
      'auth: { type: login, url: "https://x.test/", token: t, header: X-Session }',
    ),
    '4:29 sources.s.headers.x-session: this header is written by `auth`',
  ],
  [
    'a header of a webhook that named credentials are sent in',
    `auth: { crm: { type: header, name: X-Key, value: a } }\ndefaults: { webhook: { headers: { X-KEY: b } } }\nwebhooks: { w: { url: "https://x.test/", sign: none, auth: crm } }\n${SOURCES}`,
    '2:35 webhooks.w.headers.X-KEY: this header is written by `auth`',
  ],
  [
    'an option of other credentials',
    source(URL_LINE, 'auth: { type: digest, username: a, password: b, realm: c }'),
    '4:53 sources.s.auth.realm: unknown key',
  ],
  [
    'a header without a token',
    source(URL_LINE, 'auth: { type: login, url: "https://x.test/", header: X-Session }'),
    '4:58 sources.s.auth.header: `header` is only for a `token` → remove it, or say where the `token` is',
  ],
  [
    'a form that is no map',
    source(URL_LINE, 'auth: { type: login, url: "https://x.test/", body: "a=b", content_type: form }'),
    '4:56 sources.s.auth.body: a form is a map → write `name: value` lines, or another `content_type`',
  ],
  [
    'an expression that is none',
    source(URL_LINE, 'auth: { type: login, url: "https://x.test/", expired_when: "$status = " }'),
    '4:64 sources.s.auth.expired_when: this is not JSONata',
  ],
  [
    'a proxy without a scheme',
    source(URL_LINE, 'proxy: proxy.test:3128'),
    '4:12 sources.s.proxy: this is not the URL of a proxy → write it like http://proxy.example.com:3128',
  ],
  ['a proxy that is true', source(URL_LINE, 'proxy: true'), '4:12 sources.s.proxy: '],
  [
    'a file that is not there',
    source(URL_LINE, 'tls: { ca: nowhere.pem }'),
    "4:16 sources.s.tls.ca: the file cannot be read: ENOENT: no such file or directory, open '",
  ],
  [
    'files that are mixed up',
    source(
      URL_LINE,
      `tls: { ca: ${pem('client.key')}, cert: ${pem('client.key')}, key: ${pem('client.pem')} }`,
    ),
    '4:16 sources.s.tls.ca: this is not a certificate in PEM',
    `4:${24 + pem('client.key').length} sources.s.tls.cert: this is not a certificate in PEM`,
    `4:${31 + 2 * pem('client.key').length} sources.s.tls.key: this is not a private key in PEM`,
  ],
  [
    'the key of another certificate',
    source(URL_LINE, 'tls:', `  cert: ${pem('client.pem')}`, `  key: ${pem('server.key')}`),
    '6:12 sources.s.tls.key: the key is not that of the certificate',
  ],
  [
    'a key that is encrypted',
    source(URL_LINE, 'tls:', `  cert: ${pem('client.pem')}`, `  key: ${pem('client-encrypted.key')}`),
    '6:12 sources.s.tls.key: the key is encrypted → decrypt it: openssl pkey -in key.pem -out plain.pem',
  ],
  [
    'a certificate without a key',
    source(URL_LINE, `tls: { cert: ${pem('client.pem')} }`),
    '4:18 sources.s.tls.cert: `cert` needs a `key` → add the `key`, or remove it',
  ],
  [
    'a server name that is a URL',
    source(URL_LINE, 'tls: { server_name: "https://x.test" }'),
    '4:25 sources.s.tls.server_name: this is not a host name → a host name, like api.example.com',
  ],
  [
    'networks that are none',
    webhook(URL_LINE, 'sign: none', 'egress: { allow: [10.0.0.0, 10.0.0.0/33, intern.test, 10.1/16] }'),
    '5:33 webhooks.w.egress.allow.1: this is not a network → a network is written like 10.1.0.0/16 or fd00::/8',
    '5:46 webhooks.w.egress.allow.2: this is not a network',
    '5:59 webhooks.w.egress.allow.3: this is not a network',
  ],
  [
    'exceptions from nothing',
    webhook(URL_LINE, 'sign: none', 'egress: { deny_private: false, allow: [10.0.0.0/8] }'),
    '5:43 webhooks.w.egress.allow: `allow` is for exceptions from `deny_private`',
  ],
  [
    'a policy that a proxy would not keep',
    webhook(URL_LINE, 'sign: none', 'proxy: http://proxy.test', 'egress: {}'),
    '6:13 webhooks.w.egress: `proxy` makes the connections, so `egress` cannot be kept → write `proxy: false`',
  ],
  [
    'credentials of a webhook that do not exist',
    `auth: { crm: { type: bearer, token: a } }\nwebhooks: { w: { url: "https://x.test/", sign: none, auth: cmr } }\n${SOURCES}`,
    '2:60 webhooks.w.auth: there are no credentials named `cmr` → did you mean `crm`?',
  ],
  [
    'an egress policy for a source',
    `sources: { s: { url: "https://x.test/", egress: {} } }\n${WEBHOOKS}`,
    '1:41 sources.s.egress: unknown key',
  ],
]);
