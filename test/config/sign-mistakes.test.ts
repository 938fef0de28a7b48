import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loaded, mistakes, URL_LINE, webhook } from './files.ts';

const SECRET = 'secret: 0123456789abcdef01234567';
const ED25519 = 'whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';

const sign = (value: string, ...lines: string[]) => webhook(URL_LINE, `sign: ${value}`, ...lines);

mistakes([
  [
    'a preset misspelt',
    sign('githb', SECRET),
    '4:11 webhooks.w.sign: `githb` is not possible here → did you mean `github`?',
  ],
  [
    'none among others',
    sign('[standard, none]', SECRET),
    '4:22 webhooks.w.sign.1: `none` is not possible here → write `standard`, `standard-ed25519`, `github`',
  ],
  ['an empty list', sign('[]', SECRET), '4:11 webhooks.w.sign: this is empty'],
  [
    'a preset twice',
    sign('[github, github]', SECRET),
    '4:20 webhooks.w.sign.1: `github` is listed twice → keep one of them',
  ],
  [
    'two ways that write one header',
    sign('[github, { header: x-hub-signature-256 }]', SECRET),
    '4:20 webhooks.w.sign.1: `x-hub-signature-256` writes the header x-hub-signature-256, as `github` does → keep one of them',
  ],
  [
    'a signature where the id stands',
    sign('{ header: Webhook-Id }', SECRET),
    '4:21 webhooks.w.sign.header: `Webhook-Id` is written by pollhook → choose another name',
  ],
  [
    'a header of our own without a name',
    sign('{ algorithm: md5 }', SECRET),
    '4:5 webhooks.w.sign.header: missing → write `header: …` here (a header name)',
    '4:24 webhooks.w.sign.algorithm: `md5` is not possible here → write `sha1`, `sha256`, `sha512`',
  ],
  [
    'options of a header misspelt',
    sign('{ header: A, encoding: hx, contents: boddy, prefix: "ä" }', SECRET),
    '4:34 webhooks.w.sign.encoding: `hx` is not possible here → write `hex`, `base64`',
    '4:38 webhooks.w.sign.contents: unknown key → did you mean `content`?',
    '4:63 webhooks.w.sign.prefix: this is not a prefix → a prefix has printable ASCII characters',
  ],
  [
    "an operator's header that the signature needs",
    sign('github', SECRET, 'headers: { X-GitHub-Event: push }'),
    '6:16 webhooks.w.headers.X-GitHub-Event: this header is written by `sign: github` → remove it',
  ],
  [
    'no key for Ed25519',
    sign('standard-ed25519'),
    '2:3 webhooks.w.secret: missing → write "secret: ${NAME}" (echo whsk_$(openssl rand -base64 32) makes one)',
  ],
  [
    'a shared secret for Ed25519',
    sign('standard-ed25519', SECRET),
    '5:13 webhooks.w.secret: the secret is not an Ed25519 private key (whsk_) → write whsk_ and the base64 of a 32-byte seed',
  ],
  [
    'a public key to sign with',
    sign('standard-ed25519', 'secret: whpk_AAAA'),
    '5:13 webhooks.w.secret: the secret is a public key (whpk_), which only verifies',
  ],
  [
    'an Ed25519 key of another length',
    sign('standard-ed25519', 'secret: whsk_AAAA'),
    '5:13 webhooks.w.secret: the secret holds 3 bytes after whsk_, not 32 or 64',
  ],
  [
    'a way for which there is no secret',
    sign('[standard, standard-ed25519]', SECRET),
    '4:22 webhooks.w.sign.1: `standard-ed25519` has no secret to sign with → add a secret that begins with whsk_',
  ],
  [
    'a whsec_ secret that the second way cannot decode',
    sign('[github, standard]', 'secret: whsec_QUJD'),
    '5:13 webhooks.w.secret: the secret holds 3 bytes after whsec_, the minimum is 24',
  ],
]);

const accepted: Record<string, [yaml: string, ...warnings: string[]]> = {
  'a whsec_ secret as text': [sign('stripe', 'secret: whsec_QUJDREVGR0hJSktMTU5PUA')],
  'both versions of Standard Webhooks': [
    sign('[standard, standard-ed25519]', `secret: [0123456789abcdef01234567, ${ED25519}]`),
  ],
  'several ways': [sign('[standard, github, { header: X-Sig, prefix: "Bearer " }]', SECRET)],
  'an Ed25519 key as a shared secret': [
    sign('standard', `secret: ${ED25519}`),
    '`sign: standard` uses this Ed25519 key as a shared secret → did you mean `sign: standard-ed25519`?',
  ],
  'a rotation without room': [
    sign('github', 'secret: [0123456789abcdef01234567, abcdef]'),
    'a secret of less than 24 bytes can be guessed → use 24 random bytes or more: openssl rand -base64 32',
    '`sign: github` has room for one signature: only the first secret signs → let the receiver accept both first, then exchange their order here',
  ],
};
for (const [name, [yaml, ...expected]] of Object.entries(accepted)) {
  test(`accepted: ${name}`, () => {
    const { warnings } = loaded(yaml);
    assert.deepEqual(
      warnings.map(({ message, hint }) => `${message} → ${hint}`),
      expected,
    );
  });
}

test('whatever is written, `sign` is a list of ways with their defaults', () => {
  const ways = (yaml: string) => loaded(yaml).config.webhooks.get('w')?.sign;
  assert.deepEqual(ways(webhook(URL_LINE, SECRET)), ['standard']);
  assert.deepEqual(ways(sign('none')), []);
  assert.deepEqual(ways(sign('{ header: X-Sig }', SECRET)), [
    { header: 'X-Sig', algorithm: 'sha256', encoding: 'hex', prefix: '', content: 'body' },
  ]);
});
