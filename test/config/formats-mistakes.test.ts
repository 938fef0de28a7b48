import { mistakes, source, URL_LINE } from './files.ts';

const HTML = 'html: { rows: tr, fields: { id: td } }';
const TEXT = 'text: { pattern: "(?<id>a)" }';

mistakes([
  [
    'an unknown format',
    source(URL_LINE, 'format: jsonl'),
    '4:13 sources.s.format: `jsonl` is not possible here → did you mean `json`?',
  ],
  [
    'an unknown charset',
    source(URL_LINE, 'charset: klingon'),
    '4:14 sources.s.charset: this charset is not known → write a name like utf-8, windows-1252, iso-8859-2, shift_jis or cp850',
  ],
  [
    'a codec that is no charset',
    source(URL_LINE, 'charset: base64'),
    '4:14 sources.s.charset: this charset is not known',
  ],
  [
    'a format that needs a key',
    source(URL_LINE, 'format: csv'),
    '2:3 sources.s.key: missing → `csv` is a list of records and needs a `key`: the field that identifies one',
  ],
  [
    'a path where the rows are the list',
    source(URL_LINE, 'format: ndjson', 'items: data', 'key: id'),
    '5:12 sources.s.items: `ndjson` is a list of records: there is no path to one → remove it; a JSONata expression can still choose among them',
  ],
  [
    'html without rows',
    source(URL_LINE, 'format: html', 'key: id'),
    '2:3 sources.s.html: missing → `format: html` needs `html: { rows: …, fields: … }`: where the records are',
  ],
  [
    'text without a pattern',
    source(URL_LINE, 'format: text', 'key: id'),
    '2:3 sources.s.text: missing → `format: text` needs `text: { pattern: … }`: where the records are',
  ],
  [
    'html for another format',
    source(URL_LINE, 'format: csv', 'key: id', HTML),
    '6:11 sources.s.html: `html` is not for `format: csv` → remove one of them',
  ],
  [
    'html and text',
    source(URL_LINE, 'key: id', HTML, TEXT),
    '6:11 sources.s.text: `html` and `text` exclude each other → remove one of them',
  ],
  [
    'html without a key',
    source(URL_LINE, HTML),
    '2:3 sources.s.key: missing → `html` is a list of records and needs a `key`',
  ],
  [
    'a key that is no field of a row',
    source(URL_LINE, 'key: [id, hsot]', 'html: { rows: tr, fields: { id: td, host: td } }'),
    '4:15 sources.s.key.1: no record has a field `hsot` → did you mean `host`?',
  ],
  [
    'a key that is no group of the pattern',
    source(URL_LINE, 'key: name', 'text: { pattern: "^(?<id>a)(?<b>b)?$" }'),
    '4:10 sources.s.key: no record has a field `name` → the fields are id, b',
  ],
  [
    'a key that is no column',
    source(URL_LINE, 'key: c', 'csv: { header: [a, Art.-Nr.] }'),
    '4:10 sources.s.key: no record has a field `c` → the fields are a, Art.-Nr.',
  ],
  [
    'a selector that is none',
    source(URL_LINE, 'key: id', 'html: { rows: "td:nth-child(", fields: { id: "td[" } }'),
    '5:19 sources.s.html.rows: this is not a CSS selector → write it like `table#stock tbody tr`',
    '5:50 sources.s.html.fields.id: this is not a CSS selector → write it like `td:nth-child(1)`, `a@href`, `@id` (of the row) or `.` (its text)',
  ],
  [
    'no fields',
    source(URL_LINE, 'key: id', 'html: { rows: tr, fields: {} }'),
    '5:31 sources.s.html.fields: there are no fields → write `name: selector` lines below it',
  ],
  [
    'a pattern that is none',
    source(URL_LINE, 'key: id', 'text: { pattern: "(?<id>a" }'),
    "5:22 sources.s.text.pattern: this is not a regular expression → Unterminated group: it is read as JavaScript's, with the flags g, m and u",
  ],
  [
    'a pattern without names',
    source(URL_LINE, 'key: id', 'text: { pattern: "(?<=a)(b)" }'),
    '5:22 sources.s.text.pattern: no group has a name → write groups like `(?<id>\\d+)`: each becomes a field',
  ],
  [
    'a delimiter of two lines',
    source(URL_LINE, 'key: id', 'csv: { delimiter: "\\n" }'),
    '5:23 sources.s.csv.delimiter: this is not a delimiter → a delimiter is written like ";", "|" or "\\t"',
  ],
  [
    'two columns of one name',
    source(URL_LINE, 'key: id', 'csv: { header: [id, name, id] }'),
    '5:20 sources.s.csv.header: two columns have the same name → give each its own',
  ],
  [
    'no header at all',
    source(URL_LINE, 'key: id', 'csv: { header: false }'),
    '5:20 sources.s.csv.header: expected true or a list, found true or false',
  ],
  [
    'a quote of two signs',
    source(URL_LINE, 'key: id', 'csv: { quote: "\'\'" }'),
    '5:19 sources.s.csv.quote: this is not a character → a quote is one character, like',
  ],
  [
    'more lines to skip than there can be',
    source(URL_LINE, 'key: id', 'csv: { skip: 10001 }'),
    '5:18 sources.s.csv.skip: too large → the maximum is 10000',
  ],
  [
    'an unknown option of xml',
    source(URL_LINE, 'xml: { strip_namespace: true }'),
    '4:12 sources.s.xml.strip_namespace: unknown key → did you mean `strip_namespaces`?',
  ],
]);
