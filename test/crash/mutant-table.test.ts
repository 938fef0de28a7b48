import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { misplaced } from './mutant-table.ts';

test('each planted bug has its place in the sources: one without proves nothing of the suite that is to notice it', () => {
  assert.deepEqual(misplaced(join(import.meta.dirname, '../..')), []);
});
