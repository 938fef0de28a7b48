import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loaded, mistakes, URL_LINE, webhook } from './files.ts';

const format = (value: string, ...lines: string[]) =>
  webhook(URL_LINE, 'sign: none', `format: ${value}`, ...lines);

mistakes([
  [
    'a format misspelt',
    format('cloudevent'),
    '5:13 webhooks.w.format: `cloudevent` is not possible here → did you mean `cloudevents`?',
  ],
  [
    'a body that is no expression, of a type that is none',
    format('{ body: "a +", content_type: x }'),
    '5:21 webhooks.w.format.body: this is not JSONata at character 3: ',
    '5:42 webhooks.w.format.content_type: this is not a content type → a content type is written like application/json',
  ],
  [
    'a body that calls what is no function',
    format('{ body: "{ \\"id\\": $uuid() }" }'),
    '5:21 webhooks.w.format.body: this is not JSONata at character 13: there is no function $uuid',
  ],
  [
    'a body with a variable that it is not given',
    format('{ body: "{ \\"id\\": $key }" }'),
    '5:21 webhooks.w.format.body: this is not JSONata at character 12: there is no $key here',
  ],
  [
    'a body that is something else at each attempt',
    format('{ body: "{ \\"nonce\\": $random() }" }'),
    '5:21 webhooks.w.format.body: this is not JSONata: $random would give something else at every attempt',
  ],
  [
    'no body',
    format('{ bdy: a }'),
    '5:5 webhooks.w.format.body: missing → write `body: …` here (a JSONata expression)',
    '5:15 webhooks.w.format.bdy: unknown key → did you mean `body`?',
  ],
  [
    'a header that belongs to the format',
    format('cloudevents', 'headers: { Content-Type: a/b }'),
    '6:16 webhooks.w.headers.Content-Type: this header is written by `format: cloudevents` → remove it',
  ],
  [
    'an attribute of a CloudEvent',
    format('cloudevents-binary', 'headers: { ce-id: a }'),
    '6:16 webhooks.w.headers.ce-id: this header is written by `format: cloudevents-binary` → remove it',
  ],
  [
    'a content type that is given twice',
    format('{ body: a, content_type: text/plain }', 'headers: { Content-Type: a/b }'),
    '6:16 webhooks.w.headers.Content-Type: this header is written by `format.content_type` → remove it',
  ],
  [
    'a source that is no URI',
    format('cloudevents', 'cloudevents_source: my desk'),
    '6:25 webhooks.w.cloudevents_source: this is not a URI reference → a URI reference is written like',
  ],
]);

test('cloudevents_source may stand beside the defaults, among them, or in the webhook', () => {
  const sourceWith = (defaults: string, ...lines: string[]) =>
    loaded(`${format('cloudevents', ...lines)}defaults: ${defaults}\n`).config.webhooks.get('w')
      ?.cloudevents_source;
  assert.equal(sourceWith('{ cloudevents_source: "urn:a" }'), 'urn:a');
  assert.equal(sourceWith('{ cloudevents_source: "urn:a", webhook: { timeout: 1s } }'), 'urn:a');
  const both = '{ cloudevents_source: "urn:a", webhook: { cloudevents_source: "urn:b" } }';
  assert.equal(sourceWith(both), 'urn:b');
  assert.equal(sourceWith(both, 'cloudevents_source: "urn:c"'), 'urn:c');
  assert.equal(sourceWith('{}'), undefined);
});
