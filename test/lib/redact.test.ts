import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Redactor } from '../../src/lib/redact.ts';

/** More than any text of the test has characters: they are looked for in another way. */
const OTHERS = Array.from({ length: 500 }, (_, number) => `whsec_other-${number}`);

test('secrets are found among a thousand as among a few', () => {
  const secret = fc.string({ unit: fc.constantFrom('a', 'b', '/', '"', ' '), minLength: 6, maxLength: 9 });
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 5 }),
      fc.infiniteStream(fc.nat(9)),
      (secrets, picks) => {
        const parts = ['a', 'whsec_', 'other ', ...secrets];
        const text = Array.from({ length: 12 }, () => parts[picks.next().value % parts.length]).join('');
        assert.equal(new Redactor([...secrets, ...OTHERS]).redact(text), new Redactor(secrets).redact(text));
      },
    ),
  );
});

test('what was taken over goes with the next that differ: a reload without changes hides no less', () => {
  const redactor = new Redactor(['secret of before']);
  const shown = () => redactor.redact('secret of before, secret of now');
  for (let reloads = 0; reloads < 3; reloads += 1) {
    redactor.replace(['secret of now']);
    assert.equal(shown(), '[secret], [secret]');
  }
  redactor.replace(['a third one']);
  assert.equal(shown(), 'secret of before, [secret]');
});

test('of a thousand, the one that is there is hidden, whole even if another is a part of it', () => {
  const redactor = new Redactor([...OTHERS, 'correct horse', 'correct horse battery']);
  assert.equal(redactor.redact('<correct horse battery>'), '<[secret]>');
  assert.equal(redactor.redact('whsec_other-77'), '[secret]');
});
