import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { main } from '../../src/cli/main.ts';
import { capture } from './capture.ts';

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
  const { io, said } = capture({ env: { POLLHOOK_CONFIG: file } });
  const code = await main(args, io);
  return { code, ...said };
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

/** How each shell loads its script, and is asked what completes `pollhook approve ti`. */
const SHELLS = {
  bash: `source <(pollhook completion bash)
    COMP_WORDS=(pollhook approve ti); COMP_CWORD=2; _pollhook; echo "\${COMPREPLY[@]}"`,
  zsh: `autoload -U compinit; compinit -D -u; source <(pollhook completion zsh); [[ $_comps[pollhook] == _pollhook ]] || exit 1
    compadd() { print -l -- $found }; words=(pollhook approve ti); CURRENT=3; _pollhook`,
  fish: 'pollhook completion fish | source; complete -C "pollhook approve ti"',
};

for (const [shell, script] of Object.entries(SHELLS)) {
  test(`${shell} completes with its script`, (context) => {
    if (spawnSync(shell, ['--version']).error) return context.skip(`${shell} is not installed`);
    const pollhook = join(folder, 'pollhook');
    const bin = join(import.meta.dirname, '../../bin/pollhook.js');
    writeFileSync(pollhook, `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
    chmodSync(pollhook, 0o755);
    const env = { PATH: `${folder}:${process.env.PATH}`, POLLHOOK_CONFIG: file, HOME: folder };
    const ran = spawnSync(shell, ['-c', script], { env, encoding: 'utf8' });
    assert.equal(ran.stdout, 'tickets\n', ran.stderr);
  });
}

test('a shell without a script is told which have one', async () => {
  const { code, err } = await run('completion', 'tcsh');
  assert.equal(code, 2);
  assert.match(err, /bash, zsh, fish/);
});
