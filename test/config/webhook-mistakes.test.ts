import { mistakes, URL_LINE, webhook } from './files.ts';

mistakes([
  [
    'a webhook without secret',
    webhook(URL_LINE),
    `2:3 webhooks.w.secret: missing → write "secret: \${NAME}", shared with the receiver (openssl rand -base64 32 makes one), or "sign: none"`,
  ],
  [
    'a short whsec_ secret',
    webhook(URL_LINE, 'secret: whsec_QUJD'),
    '4:13 webhooks.w.secret: the secret holds 3 bytes after whsec_, the minimum is 24 → after whsec_ comes the base64 of 24 to 64 random bytes: echo whsec_$(openssl rand -base64 32)',
  ],
  [
    'a whsec_ secret that is not base64',
    webhook(URL_LINE, 'secret: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, "whsec_???"]'),
    '4:54 webhooks.w.secret.1: the secret is not base64 after whsec_ → after whsec_ comes the base64 of 24 to 64 random bytes: echo whsec_$(openssl rand -base64 32)',
  ],
  [
    'a number for a secret',
    webhook(URL_LINE, 'secret: 123456'),
    '4:13 webhooks.w.secret: expected text or a list, found a number → put it in quotes',
  ],
  [
    'an empty secret',
    webhook(URL_LINE, 'secret: ""'),
    '4:13 webhooks.w.secret: this is empty → write something, or remove the key',
  ],
  [
    'http to another host',
    webhook('url: http://x.test/', 'sign: none'),
    '3:10 webhooks.w.url: http:// sends events in the clear to another host → write https://, or allow it with `insecure_http: true`',
  ],
  [
    'a header of ours',
    webhook(URL_LINE, 'sign: none', 'headers: { Webhook-Id: a }'),
    '5:16 webhooks.w.headers.Webhook-Id: this header is written by pollhook → choose another name',
  ],
  [
    'credentials in a header of ours',
    webhook(URL_LINE, 'sign: none', 'auth: { type: header, name: Webhook-Id, value: a }'),
    '5:11 webhooks.w.auth: it sends the header webhook-id, which is written by pollhook → choose another name',
  ],
  [
    'credentials in the header of a signature',
    webhook(
      URL_LINE,
      'secret: 0123456789abcdef01234567',
      'sign: { header: Authorization }',
      'auth: { type: bearer, token: a }',
    ),
    '6:11 webhooks.w.auth: it sends the header authorization, which is written by `sign: Authorization` → choose another name',
  ],
  [
    'credentials and a header of the same name',
    webhook(URL_LINE, 'sign: none', 'auth: { type: bearer, token: a }', 'headers: { Authorization: b }'),
    '6:16 webhooks.w.headers.Authorization: this header is written by `auth` → remove one of them',
  ],
  [
    'a header of the connection',
    webhook(URL_LINE, 'sign: none', 'headers: { TE: trailers }'),
    '5:16 webhooks.w.headers.TE: this key cannot be used → this header is set by the connection itself: remove it',
  ],
  [
    'two writers of one trace',
    webhook(URL_LINE, 'sign: none', 'traceparent: true', 'headers: { Traceparent: a }'),
    '6:16 webhooks.w.headers.Traceparent: this header is written by `traceparent: true` → remove it',
  ],
  [
    'a schedule that shrinks',
    webhook(URL_LINE, 'sign: none', 'retry: { schedule: { attempts: 3, first: 2m, max: 1m } }'),
    '5:46 webhooks.w.retry.schedule.first: `first` is longer than `max` → write a shorter `first` or a longer `max`',
  ],
  [
    'a bad step of a schedule',
    webhook(URL_LINE, 'sign: none', 'retry: { schedule: [5s, 5, 5 minutes] }'),
    '5:29 webhooks.w.retry.schedule.1: expected a duration, found a number → write 5s',
    '5:32 webhooks.w.retry.schedule.2: this is not a duration → a duration is written like 500ms, 30s, 5m, 1h30m or 7d',
  ],
  [
    'codes that no failure has',
    webhook(URL_LINE, 'sign: none', 'retry: { permanent: [204, 600] }'),
    '5:26 webhooks.w.retry.permanent.0: too small → the minimum is 300',
    '5:31 webhooks.w.retry.permanent.1: too large → the maximum is 599',
  ],
  [
    'a rate without a window',
    webhook(URL_LINE, 'sign: none', 'rate: 60'),
    '5:11 webhooks.w.rate: expected a rate, found a number → write 60/1m',
  ],
  [
    'superseding without an order of records',
    webhook(URL_LINE, 'sign: none', 'order: none', 'supersede: true'),
    '6:16 webhooks.w.supersede: `supersede` keeps the newest update of each record, which needs `order: key` → remove it, or write `order: key`',
  ],
  [
    'batches of bodies that are in headers',
    webhook(URL_LINE, 'sign: none', 'format: cloudevents-binary', 'batch: { max: 5 }'),
    '6:12 webhooks.w.batch: a batch is a JSON array, and bodies of this `format` do not fit into one → remove it, or write another `format`',
  ],
  [
    'batches of text',
    webhook(URL_LINE, 'sign: none', 'format: { body: type, content_type: text/plain }', 'batch: {}'),
    '6:12 webhooks.w.batch: a batch is a JSON array, and bodies of this `format` do not fit into one → ',
  ],
  [
    'a batch of nothing',
    webhook(URL_LINE, 'sign: none', 'batch: { max: 0, wait: 5 }'),
    '5:19 webhooks.w.batch.max: too small → the minimum is 1',
    '5:28 webhooks.w.batch.wait: expected a duration, found a number → write 5s',
  ],
  [
    'a rate of nothing',
    webhook(URL_LINE, 'sign: none', 'rate: 0/1m'),
    '5:11 webhooks.w.rate: too small → a rate is written like 60/1m or 5000/1d',
  ],
  [
    'a rate that remembers too much',
    webhook(URL_LINE, 'sign: none', 'rate: 200000/1d'),
    '5:11 webhooks.w.rate: too large → the maximum is 100000: write a shorter window',
  ],
]);
