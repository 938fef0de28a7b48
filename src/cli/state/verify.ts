import { verifyState } from '../../store/open.ts';
import type { Io } from '../io.ts';
import { load } from '../load.ts';
import { printable } from '../printable.ts';
import { describePlace } from './place.ts';

export interface VerifyCommand {
  readonly config: string;
  readonly json?: boolean;
}

/** The command `state verify`: prints everything that is wrong with the state. Exit code 1 if anything is. */
export async function verify({ config: file, json = false }: VerifyCommand, io: Io): Promise<0 | 1> {
  const { config } = load(file, io);
  const problems = await verifyState(config.state);
  if (json) io.out(`${JSON.stringify({ ok: problems.length === 0, problems })}\n`);
  else if (problems.length === 0) io.out(`${describePlace(config.state)}: everything is as it was written\n`);
  else for (const one of problems) io.out(`${printable(`${one.file}: ${one.problem}`)}\n`);
  return problems.length === 0 ? 0 : 1;
}
