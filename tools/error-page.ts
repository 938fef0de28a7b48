import { CODES, PollhookError } from '../src/errors.ts';

const GROUPS: Readonly<Record<string, string>> = {
  CONFIG: 'Configuration',
  STATE: 'State',
  FETCH: 'Fetching',
  DECODE: 'Reading answers',
  DELIVERY: 'Delivering',
};

/** docs/errors.md: every code with its meaning and what to do. */
export function errorPage(): string {
  const codes = Object.entries(CODES);
  const groups = Map.groupBy(codes, ([code]) => GROUPS[code.split('_')[0] as string] ?? 'Starting');
  return [
    '# Errors',
    '',
    '<!-- Written by tools/generate.ts from the table in src/errors.ts: change that, not this page. -->',
    '',
    'Each error has a code that stays the same. In the log it is the field `err`; on the command line it stands behind',
    'the way out. A failed poll or attempt is not the end: the daemon says when it tries again. Where a process ends,',
    'its exit code is given.',
    ...[...groups].flatMap(([title, rows]) => [
      '',
      `## ${title}`,
      '',
      '| code | meaning | what to do |',
      '| --- | --- | --- |',
      ...rows.map(([code, [meaning, remedy]]) => `| \`${code}\`${exit(code)} | ${meaning} | ${remedy} |`),
    ]),
    '',
  ].join('\n');
}

/** Fetching, reading and delivering go on; the rest ends the process. */
function exit(code: string): string {
  if (/^(FETCH|DECODE|DELIVERY)_/.test(code) || code === 'STATE_CONFLICT') return '';
  return ` (exit ${new PollhookError(code as keyof typeof CODES, '').exitCode})`;
}
