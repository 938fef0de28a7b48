import type { Machine } from './machine.ts';
import { isMet, type Measured } from './row.ts';
import { cellsOf, tally } from './table.ts';

/** Why goals are missed, by the name of the row; written by hand. */
export type Reasons = Readonly<Record<string, string>>;

const INTRODUCTION = `# Benchmarks

<!-- Written by \`npm run bench\`: change bench/, not this page. Why goals are missed is told in bench/missed.ts. -->

Absolute times differ from machine to machine, so that each figure is a ratio of two things that are measured in turn in
one run, wherever there is something to compare with. A figure is the median of several runs, the spread their 10th and
90th percentile unless said otherwise. Times of the processor are those of all threads of the process that is measured;
sources and receivers are another process. Each line is measured in a process of its own. \`npm run bench\` measures all
and writes this page; \`npm run bench -- ROW…\` measures some, \`npm run bench -- --list\` names them.
`;

/** The page of a whole run, as Markdown. */
export function page(measured: readonly Measured[], machine: Machine, reasons: Reasons): string {
  const { goals, met } = tally(measured);
  return [
    INTRODUCTION,
    `${met} of ${goals} goals are reached.\n`,
    ...measured.flatMap(section),
    ...missed(measured, reasons),
    '## Machine\n',
    `${markdown(['', ''], Object.entries(machine))}\n`,
  ].join('\n');
}

function section({ row, figures }: Measured): string[] {
  const { what, against, method } = row;
  const lines = figures.map(({ case: name, figure }) => {
    const cells = cellsOf(name, figure);
    return [cells.what, cells.reached, cells.spread, cells.goal, cells.met, cells.detail];
  });
  return [
    `## ${what}\n`,
    ...(against === '' ? [] : [`Compared with ${against}.\n`]),
    `${markdown(['', 'reached', 'spread', 'goal', 'met', 'behind it'], lines)}\n`,
    `${method}\n`,
  ];
}

function missed(measured: readonly Measured[], reasons: Reasons): string[] {
  const rows = measured.filter(({ figures }) => figures.some(({ figure }) => isMet(figure) === false));
  if (rows.length === 0) return [];
  const paragraphs = rows.map(
    ({ row }) => `**${row.what}.** ${reasons[row.name] ?? 'Not yet looked into.'}\n`,
  );
  return ['## Goals that are missed\n', ...paragraphs];
}

function markdown(columns: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...lines.map(line)].join('\n');
}
