import type { Io } from './io.ts';
import { listen } from './listen.ts';
import { stopped } from './stopped.ts';

export interface ListenCommand {
  readonly port: number;
  readonly secret?: readonly string[];
  readonly status: number;
  readonly fail: number;
  readonly delay: number;
}

/** The command `listen`: prints events until it is interrupted. */
export async function listenUntilStopped({ secret, ...options }: ListenCommand, io: Io): Promise<number> {
  const fromEnvironment = io.env.POLLHOOK_SECRET ? [io.env.POLLHOOK_SECRET] : [];
  const secrets = secret ?? fromEnvironment;
  const listener = await listen({ ...options, secrets, output: (line) => io.out(`${line}\n`) });
  const checked = secrets.length > 0 ? 'verifying signatures' : 'signatures are not verified: give --secret';
  io.err(`listening on http://127.0.0.1:${listener.port} (${checked}); Ctrl+C ends it\n`);
  await stopped();
  await listener.close();
  return 0;
}
