import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Figure, Row } from './row.ts';

/** Measures one case of a row. */
export type Measure = (row: Row, name: string) => Promise<readonly Figure[]>;

/** Lets a program measure a case in a process of its own: it is started with the names of row and case. */
export function inProcess(program: URL): Measure {
  return async (row, name) => {
    const child = fork(program, [row.name, name], { execArgv: ['--expose-gc'], serialization: 'advanced' });
    let figures: readonly Figure[] | null = null;
    child.on('message', (message) => {
      figures = message as readonly Figure[];
    });
    await once(child, 'exit');
    if (!figures) throw new Error(`${row.name}, ${name}: the process ended without a figure`);
    return figures;
  };
}
