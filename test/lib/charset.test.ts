import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { charsetOf } from '../../src/lib/charset.ts';

describe('a charset', () => {
  const known: [label: string, name: string, bytes: number[], text: string][] = [
    ['UTF8', 'utf-8', [0xc3, 0xa9], 'é'],
    ['us-ascii', 'utf-8', [0x61], 'a'],
    ['ISO-8859-1', 'windows-1252', [0xe9, 0x80], 'é€'],
    ['latin2', 'iso-8859-2', [0xb1], 'ą'],
    ['KOI8-R', 'koi8-r', [0xc1], 'а'],
    ['gb2312', 'gbk', [0xc4, 0xe3], '你'],
    ['cp850', 'cp850', [0x81], 'ü'],
    ['IBM-437', 'cp437', [0xe1], 'ß'],
    ['852', 'cp852', [0xa5], 'ą'],
    ['macintosh', 'macintosh', [0x8a], 'ä'],
    ['MacRoman', 'macroman', [0x8a], 'ä'],
  ];
  for (const [label, name, bytes, text] of known) {
    test(`${label} is ${name}`, () => {
      const charset = charsetOf(label);
      assert.equal(charset?.name, name);
      assert.equal(charset?.decode(Buffer.from(bytes)), text);
    });
  }

  for (const label of [
    '',
    'klingon',
    'base64',
    'hex',
    'binary',
    'utf-7',
    'internal',
    '__proto__',
    'cp0',
    'cp99999',
  ]) {
    test(`${label || 'nothing'} is none`, () => assert.equal(charsetOf(label), null));
  }

  const invalid: [label: string, bytes: number[]][] = [
    ['utf-8', [0xe9]],
    ['utf-16le', [0x00, 0xd8]],
    ['shift_jis', [0x81]],
    ['cp864', [0xa6]],
  ];
  for (const [label, bytes] of invalid) {
    test(`bytes that are no ${label} are not replaced`, () =>
      assert.equal(charsetOf(label)?.decode(Buffer.from(bytes)), null));
  }
});
