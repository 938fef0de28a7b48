import assert from 'node:assert/strict';
import { test } from 'node:test';
import { troubleOf } from '../../../src/lib/http/trouble.ts';

test('a limit of this process is no fault of the server, and named', () => {
  const error = Object.assign(new Error('connect EMFILE 192.0.2.1:443 - Local (undefined:undefined)'), {
    code: 'EMFILE',
  });
  const { kind, reason } = troubleOf(error, 'connecting');
  assert.equal(kind, 'unreachable');
  assert.match(reason, /^this process may open no more files and connections: .*ulimit -n/);
});
