import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../decode/fixtures.ts';

/** What a system answers at one poll after another; `changed` is how it answers once something really changed. */
export interface Exhibit {
  readonly name: string;
  readonly contentType: string;
  readonly at: (poll: number) => string | Buffer;
  readonly changed: (poll: number) => string | Buffer;
  /** Lines that the proposal has to have. */
  readonly says: readonly RegExp[];
  /** Lines that it must not have. */
  readonly never?: readonly RegExp[];
  /** The one event that follows from the change. */
  readonly event: RegExp;
}

/** An input of the decoders' fixtures. */
function input(name: string): string {
  const file = readdirSync(join(ROOT, name)).find((one) => one.startsWith('input.')) ?? '';
  return readFileSync(join(ROOT, name, file), 'utf8');
}

const time = (poll: number) => new Date(Date.UTC(2026, 10, 21, 9, 0, 5 * poll)).toISOString();
const json = (make: (poll: number) => unknown) => (poll: number) => JSON.stringify(make(poll));
/** Answers that stay the same. */
const still = (name: string, from: string, to: string) => {
  const text = input(name);
  if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
  return { at: () => text, changed: () => text.replace(from, to) };
};

const hosts = (state: string) =>
  json((poll) => ({
    generated: time(poll),
    hosts: ['db1', 'web', 'mail', 'dns'].map((host, at) => ({
      host,
      state: host === 'web' ? state : 'UP',
      checked_at: time(poll * 3 + at),
      uptime_seconds: 1000 + poll * 5 + at,
      groups: poll % 2 === 0 ? ['linux', 'prod'] : ['prod', 'linux'],
    })),
  }));

const tickets = (status: string) =>
  json((poll) => ({
    request_id: `0b8a3c1e-0000-4000-8000-00000000000${poll}`,
    total: 3,
    tickets: [3, 1, 2].map((id) => ({ id, status: id === 2 ? status : 'open', opened: time(id) })),
  }));

const stock = (count: number) => (_poll: number) =>
  `warehouse;sku;count\r\nA;007;4\r\nA;008;${count}\r\nB;007;5\r\n`;

const feed = (title: string) => (poll: number) =>
  `<rss version="2.0"><channel><title>Status</title><lastBuildDate>${new Date(time(poll)).toUTCString()}</lastBuildDate>
<item><guid isPermaLink="false">n-1</guid><title>${title}</title><link>https://x.test/1</link></item></channel></rss>`;

const job = (state: string) =>
  json((poll) => ({
    id: 'job-7',
    state,
    owner: 'ops',
    server_time: time(poll),
    steps: [{ name: 'copy', done: true }],
  }));

const measured = (up: string) =>
  json((poll) => ({
    status: 'success',
    data: {
      resultType: 'vector',
      result: [
        { metric: { __name__: 'up', instance: 'db1', job: 'node' }, value: [1795267608.123 + poll, up] },
      ],
    },
  }));

const soap = (qty: number) => (poll: number) =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="urn:s"><s:Body><r:Stock xmlns:r="urn:r" asOf="${time(poll)}">
  <r:Item><r:Sku>A1</r:Sku><r:Qty>${qty}</r:Qty></r:Item><r:Item><r:Sku>B2</r:Sku><r:Qty>4</r:Qty></r:Item>
  </r:Stock></s:Body></s:Envelope>`;

export const GALLERY: readonly Exhibit[] = [
  {
    name: 'a monitoring list with clocks, counters and lists in any order',
    contentType: 'application/json',
    at: hosts('UP'),
    changed: hosts('DOWN'),
    says: [/items: hosts/, /key: host$/m, /- checked_at/, /- uptime_seconds/, /unordered:\n +- groups/],
    never: [/- state/],
    event: /^updated web \/state$/,
  },
  {
    name: 'a ticket desk with a request id beside the list, and members in any order',
    contentType: 'application/json',
    at: tickets('open'),
    changed: tickets('closed'),
    says: [/items: tickets/, /key: id$/m],
    never: [/ignore:/, /paginate:/],
    event: /^updated 2 \/status$/,
  },
  {
    name: 'a table of stock that only two columns together identify',
    contentType: 'text/csv',
    at: stock(9),
    changed: stock(8),
    says: [/key:\n +- (?:sku\n +- warehouse|warehouse\n +- sku)/],
    event: /^updated (?:008\|A|A\|008) \/count$/,
  },
  {
    name: 'a mainframe extract, without names of columns',
    contentType: 'text/plain',
    ...still('csv-pipes-without-header', 'A1|17', 'A1|18'),
    says: [/# the first row looks like a record/, /header:\n +- column_1\n +- column_2/, /key: column_1/],
    event: /^updated A1 \/column_2$/,
  },
  {
    name: 'a table of Excel, in a charset that it does not say',
    contentType: 'text/csv',
    at: () => Buffer.from('Nr;Ort\r\n1;K\u00f6ln\r\n2;Ulm\r\n', 'latin1'),
    changed: () => Buffer.from('Nr;Ort\r\n1;K\u00f6ln\r\n2;M\u00fcnchen\r\n', 'latin1'),
    says: [/# a guess: check that all letters are right\n +charset: windows-1252/, /key: Nr/],
    never: [/header:/],
    event: /^updated 2 \/Ort$/,
  },
  {
    name: 'a stock list whose columns are abbreviated',
    contentType: 'text/csv',
    ...still('csv-names-with-dots', 'Mutter', 'Mutter M4'),
    says: [/key: Art\.-Nr\./],
    event: /^updated 008 \/Bezeichnung$/,
  },
  {
    name: 'a feed with one item, whose identifier has an attribute',
    contentType: 'application/rss+xml',
    at: feed('Down'),
    changed: feed('Up again'),
    says: [/items: rss\.channel\.item/, /key: guid$/m],
    event: /^updated n-1 \/title$/,
  },
  {
    name: 'a job, which is one thing though it has a list',
    contentType: 'application/json',
    at: job('running'),
    changed: job('done'),
    says: [/ignore:\n +- server_time/, /# the whole document is one record/],
    never: [/key:/, /items:/],
    event: /^updated {2}\/state$/,
  },
  {
    name: 'a SOAP envelope',
    contentType: 'text/xml; charset=utf-8',
    at: soap(5),
    changed: soap(6),
    says: [/items: Envelope\.Body\.Stock\.Item/, /key: Sku/],
    event: /^updated A1 \/Qty$/,
  },
  {
    name: 'JSON that is called HTML',
    contentType: 'text/html',
    ...still('json-tickets-under-a-path', '"urgent"', '"low"'),
    says: [/format: json/, /items: data\.tickets/, /key: id/],
    event: /^updated 4711 \/priority$/,
  },
  {
    name: 'records by name',
    contentType: 'application/json',
    ...still('json-map-by-name', '"up"', '"down"'),
    says: [/\$each\(services/, /key: name/],
    event: /^updated web \/state$/,
  },
  {
    name: 'HAL, with the next page behind a link',
    contentType: 'application/hal+json',
    at: () => input('json-hal-embedded').replace('"next":{"href":"/shipments?page=2"}', '"next":{}'),
    changed: () =>
      input('json-hal-embedded')
        .replace('"next":{"href":"/shipments?page=2"}', '"next":{}')
        .replace('"delivered"', '"lost"'),
    says: [/items: _embedded\.shipments/, /key: number/, /there are 40, and only 2 came/],
    event: /^updated 89 \/status$/,
  },
  {
    name: 'a status page in a table',
    contentType: 'text/html; charset=utf-8',
    ...still('html-status-table', 'DOWN', 'UP'),
    says: [
      /rows: table#status tr/,
      /host: td:nth-child\(1\)/,
      /host_link: td:nth-child\(1\) a@href/,
      /key: host/,
    ],
    event: /^updated db1 \/state$/,
  },
  {
    name: 'measurements as pairs of a time and a value (Prometheus)',
    contentType: 'application/json',
    at: measured('1'),
    changed: measured('0'),
    says: [/items: data\.result/, /key: metric\.instance/, /ignore:\n +- value\.0\n/],
    event: /^updated db1 \/value\/1$/,
  },
  {
    name: 'NDJSON',
    contentType: 'application/x-ndjson',
    at: () => '{"seq":1,"who":"ann"}\n{"seq":2,"who":"bob"}\n',
    changed: () => '{"seq":1,"who":"ann"}\n{"seq":2,"who":"eve"}\n',
    says: [/key: seq/],
    event: /^updated 2 \/who$/,
  },
  {
    name: 'a list of one in XML',
    contentType: 'text/xml',
    at: () => '<stock><items><item><sku>1</sku><qty>2</qty></item></items></stock>',
    changed: () => '<stock><items><item><sku>1</sku><qty>3</qty></item></items></stock>',
    says: [/items: stock\.items\.item/, /key: sku/],
    event: /^updated 1 \/qty$/,
  },
  {
    name: 'names that look like variables',
    contentType: 'application/json',
    at: () => '{"${HOME} list":[{"id":1,"a":1},{"id":2,"a":1}]}',
    changed: () => '{"${HOME} list":[{"id":1,"a":1},{"id":2,"a":2}]}',
    says: [/key: id/],
    event: /^updated 2 \/a$/,
  },
];
