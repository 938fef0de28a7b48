import { parse } from 'yaml';
import { sign as signOption } from '../config/sign.ts';
import { PollhookError } from '../errors.ts';
import { type Sign, signName } from '../lib/signing/presets.ts';
import type { Io } from './io.ts';
import { listen } from './listen.ts';
import { stopSignal } from './stop-signal.ts';

export interface ListenCommand {
  readonly port: number;
  readonly secret?: readonly string[];
  /** As `sign` of a webhook is written in YAML. */
  readonly sign?: string;
  /** By default it depends on whether the signatures are valid. */
  readonly status?: number;
  readonly fail: number;
  readonly delay: number;
}

/** The command `listen`: prints events until it is interrupted. */
export async function listenUntilStopped(
  { secret, sign, ...options }: ListenCommand,
  io: Io,
): Promise<number> {
  const stop = stopSignal();
  const fromEnvironment = io.env.POLLHOOK_SECRET ? [io.env.POLLHOOK_SECRET] : [];
  const secrets = secret ?? fromEnvironment;
  const ways = sign === undefined ? {} : { sign: readSign(sign) };
  const listener = await listen({ ...options, ...ways, secrets, output: (line) => io.out(`${line}\n`) });
  const expected = ways.sign ? ` of ${ways.sign.map(signName).join(', ')}` : '';
  const checked =
    secrets.length > 0 ? `verifying signatures${expected}` : 'signatures are not verified: give --secret';
  io.err(`listening on http://127.0.0.1:${listener.port} (${checked}); Ctrl+C ends it\n`);
  await stop;
  await listener.close();
  return 0;
}

/** Reads what a configuration would have under `sign`. */
function readSign(text: string): readonly Sign[] {
  const ways = signOption.safeParse(parsed(text));
  if (ways.success && ways.data.length > 0) return ways.data;
  throw new PollhookError(
    'USAGE',
    `--sign ${text}: write it as in the configuration: github, [standard, github] or '{ header: X-Signature, prefix: sha256= }'`,
  );
}

function parsed(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' });
  } catch {
    return undefined;
  }
}
