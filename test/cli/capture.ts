import type { Io } from '../../src/cli/io.ts';

/** The outside of a command, which collects what it says. */
export function capture(given: Partial<Pick<Io, 'env' | 'columns'>> = {}) {
  const said = { out: '', err: '' };
  const io: Io = {
    env: {},
    ...given,
    out(text) {
      said.out += text;
    },
    err(text) {
      said.err += text;
    },
  };
  return { io, said };
}
