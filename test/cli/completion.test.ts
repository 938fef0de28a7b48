import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { main } from '../../src/cli/main.ts';

const folder = mkdtempSync(join(tmpdir(), 'pollhook-completion-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'config.yaml');
writeFileSync(
  file,
  `sources:
  tickets: { url: "https://x.test/", send_to: agent }
  leads: { url: "https://x.test/", send_to: agent }
webhooks:
  agent: { url: "https://y.test/", sign: none }
`,
);

async function run(...args: string[]) {
  let [out, err] = ['', ''];
  const code = await main(args, {
    env: { POLLHOOK_CONFIG: file },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

describe('what is being written is completed', () => {
  for (const [words, expected] of [
    [['so'], ['sources']],
    [['re'], ['retry', 'replay', 'resync', 'reject', 'resume', 'reload']],
    [
      ['pause', ''],
      ['tickets', 'leads', 'agent'],
    ],
    [['approve', 't'], ['tickets']],
    [['resync', ''], ['agent']],
    [
      ['resync', 'agent', ''],
      ['tickets', 'leads'],
    ],
    [['resync', 'agent', 'leads', ''], []],
    [['events', '--source', 'l'], ['leads']],
    [['events', '--source', 'leads', '--we'], ['--webhook']],
    [
      ['deliveries', '--state', 'd'],
      ['delivered', 'dead', 'dropped'],
    ],
    [['sources', '--json', '--st'], ['--state']],
    [['state', 're'], ['reset']],
    [['state', 'reset', 'tickets', 'l'], ['leads']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['nonsense', ''], undefined],
    [['-c', '/nowhere', 'approve', ''], []],
  ] as const) {
    test(words.join(' ') || 'nothing', async () => {
      const { code, out } = await run('complete', '--', ...words);
      assert.equal(code, 0);
      if (expected) assert.deepEqual(out.split('\n').filter(Boolean), expected);
    });
  }
});

test('bash completes with the script', (context) => {
  const bash = spawnSync('bash', ['--version']);
  if (bash.error) return context.skip('bash is not installed');
  const pollhook = join(folder, 'pollhook');
  const bin = join(import.meta.dirname, '../../bin/pollhook.js');
  writeFileSync(pollhook, `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
  chmodSync(pollhook, 0o755);
  const script = `source <(pollhook completion bash)
COMP_WORDS=(pollhook approve ti); COMP_CWORD=2; _pollhook; echo "\${COMPREPLY[@]}"`;
  const env = { PATH: `${folder}:${process.env.PATH}`, POLLHOOK_CONFIG: file };
  const ran = spawnSync('bash', ['-c', script], { env, encoding: 'utf8' });
  assert.equal(ran.stdout, 'tickets\n', ran.stderr);
});

for (const shell of ['bash', 'zsh', 'fish']) {
  test(`${shell} can read its script`, async (context) => {
    const { out } = await run('completion', shell);
    // Not every shell reads its standard input where it is a socket.
    const script = join(folder, `completion.${shell}`);
    writeFileSync(script, out);
    const read = spawnSync(shell, ['-n', script], { encoding: 'utf8' });
    if (read.error) return context.skip(`${shell} is not installed`);
    assert.equal(read.status, 0, read.stderr);
  });
}

test('a shell without a script is told which have one', async () => {
  const { code, err } = await run('completion', 'tcsh');
  assert.equal(code, 2);
  assert.match(err, /bash, zsh, fish/);
});
