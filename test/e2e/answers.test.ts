import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { Scene } from './scene.ts';

/** A legacy system that answers with these bytes. */
function answers(type: string, body: string | Buffer) {
  return (_request: IncomingMessage, response: ServerResponse) =>
    response.writeHead(200, { 'content-type': type }).end(body);
}

const webhooks = 'webhooks: { agent: { url: "${RECEIVER}/hook", sign: none } }';
const source = (...lines: string[]) =>
  [
    'sources:',
    '  stock:',
    '    url: ${SOURCE}/export',
    '    every: 30s',
    ...lines.map((line) => `    ${line}`),
    webhooks,
    '',
  ].join('\n');

interface Case {
  readonly name: string;
  readonly config: string;
  readonly type: string;
  readonly before: string | Buffer;
  readonly after: string | Buffer;
  readonly change: { readonly path: string; readonly from: string; readonly to: string };
}

const cases: readonly Case[] = [
  {
    name: 'CSV from a DOS program',
    config: source('key: nr', 'charset: cp850'),
    type: 'text/csv',
    before: Buffer.from('nr;ort;bestand\r\n007;K\x94ln;12\r\n008;Bonn;5\r\n', 'latin1'),
    after: Buffer.from('nr;ort;bestand\r\n008;Bonn;5\r\n007;K\x94ln;3\r\n', 'latin1'),
    change: { path: '/bestand', from: '12', to: '3' },
  },
  {
    name: 'a SOAP answer',
    config: source('key: "@nr"', 'items: Envelope.Body.list.item', 'xml: { strip_namespaces: true }'),
    type: 'text/xml; charset=utf-8',
    before:
      '<s:Envelope xmlns:s="urn:s"><s:Body><list><item nr="007"><qty>12</qty></item></list></s:Body></s:Envelope>',
    after:
      '<e:Envelope xmlns:e="urn:s"><e:Body><list><item nr="007">\n  <qty>3</qty>\n</item></list></e:Body></e:Envelope>',
    change: { path: '/qty', from: '12', to: '3' },
  },
  {
    name: 'an HTML table',
    config: source(
      'key: sku',
      'html: { rows: "#s tr", fields: { sku: "td:nth-child(1)", qty: "td:nth-child(2)" } }',
    ),
    type: 'text/html',
    before: '<title>9:00</title><table id=s><tr><td>007<td>12</table>',
    after: '<title>9:01</title><table id=s class=x><tr><td>007<td><b>3</b></table>',
    change: { path: '/qty', from: '12', to: '3' },
  },
  {
    name: 'a printed report',
    config: source('key: sku', "text: { pattern: '^(?<sku>\\d+) +(?<qty>\\d+)$' }"),
    type: 'text/plain',
    before: 'STOCK 9:00\n007     12\n',
    after: 'STOCK 9:01\n007      3\n',
    change: { path: '/qty', from: '12', to: '3' },
  },
];

describe('from an answer to a webhook', () => {
  for (const { name, config, type, before, after, change } of cases) {
    test(name, async () => {
      await using scene = await Scene.open();
      scene.source = answers(type, before);
      await scene.start(config);
      await scene.nextPoll(0);
      scene.source = answers('text/html', '<html><head><title>Please log in</title></head></html>');
      await scene.nextPoll(30_000);
      scene.source = answers(type, after);
      await scene.nextPoll(60_000);
      const [received] = await scene.deliveries(1);
      assert.deepEqual(received?.event.data.changes, [change]);
      assert.equal(scene.received.length, 1);
    });
  }
});
