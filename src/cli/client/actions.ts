import { PollhookError } from '../../errors.ts';
import { counted } from '../../lib/units.ts';
import type { Reloaded } from '../../server/api/schemas.ts';
import type { Io } from '../io.ts';
import { printable } from '../printable.ts';
import { unknownName } from '../unknown-name.ts';
import { type Client, type ClientOptions, connect } from './client.ts';

type Kind = 'source' | 'webhook';

/** The commands about one source, such as `approve` and `reject`. */
export async function steerSource(
  verb: 'approve' | 'reject',
  name: string,
  options: ClientOptions,
  io: Io,
): Promise<0> {
  const client = connect(options, io);
  await post(client, 'source', name, verb);
  io.out(`${name}: ${verb === 'approve' ? 'approved; it is polled now' : 'rejected; the baseline stays'}\n`);
  return 0;
}

/** Pauses or resumes a source or a webhook, whichever has the name. */
export async function pauseOrResume(
  verb: 'pause' | 'resume',
  name: string,
  options: ClientOptions & { readonly source?: boolean; readonly webhook?: boolean },
  io: Io,
): Promise<0> {
  const client = connect(options, io);
  const kind = await kindOf(client, name, options);
  await post(client, kind, name, verb);
  const done = { pause: 'paused until it is resumed, also after a restart', resume: 'resumed' };
  io.out(`${kind} ${name}: ${done[verb]}\n`);
  return 0;
}

export async function replay(
  webhook: string,
  options: ClientOptions & { readonly since: string },
  io: Io,
): Promise<0> {
  await post(connect(options, io), 'webhook', webhook, 'replay', { since: options.since });
  io.out(`${webhook}: replaying; \`pollhook webhooks\` shows what is still pending\n`);
  return 0;
}

export async function resync(webhook: string, source: string, options: ClientOptions, io: Io): Promise<0> {
  const client = connect(options, io);
  const sources = await names(client, 'source');
  if (!sources.includes(source)) throw unknownName('source', [source], sources);
  const { events } = (await post(client, 'webhook', webhook, 'resync', { source })) as { events: number };
  io.out(`${webhook}: ${counted(events, 'event')} of ${source} on the way\n`);
  return 0;
}

/** Exit code 1 if the new configuration has mistakes. */
export async function reload(options: ClientOptions & { readonly json?: boolean }, io: Io): Promise<0 | 1> {
  const came = (await connect(options, io).post('reload')).data as Reloaded;
  const { applied, changes, restart, problems } = came;
  if (options.json) {
    io.out(`${JSON.stringify(came)}\n`);
    return applied ? 0 : 1;
  }
  for (const line of changes) io.out(`${printable(line)}\n`);
  // After an edit the daemon has often read the file already.
  if (applied && changes.length === 0)
    io.out(
      'nothing has changed since it was last read; a changed file is read by itself, and the log says what changed\n',
    );
  for (const line of restart) io.err(`${printable(line)}: only after a restart\n`);
  for (const line of problems) io.err(`${printable(line)}\n`);
  return applied ? 0 : 1;
}

async function post(
  client: Client,
  kind: Kind,
  name: string,
  verb: string,
  body?: unknown,
): Promise<unknown> {
  try {
    return (await client.post(`${kind}s/${encodeURIComponent(name)}/${verb}`, body)).data;
  } catch (error) {
    if (!(error instanceof PollhookError)) throw error;
    if (error.code === 'API_INPUT') throw new PollhookError('USAGE', error.message);
    if (error.code === 'API_NOT_FOUND') throw unknownName(kind, [name], await names(client, kind));
    throw error;
  }
}

async function kindOf(
  client: Client,
  name: string,
  { source = false, webhook = false }: { readonly source?: boolean; readonly webhook?: boolean },
): Promise<Kind> {
  if (source !== webhook) return source ? 'source' : 'webhook';
  const [sources, webhooks] = [await names(client, 'source'), await names(client, 'webhook')];
  const [isSource, isWebhook] = [sources.includes(name), webhooks.includes(name)];
  if (isSource && isWebhook)
    throw new PollhookError(
      'USAGE',
      `${name} is a source and a webhook: say which with --source or --webhook`,
    );
  if (!isSource && !isWebhook) throw unknownName('source or webhook', [name], [...sources, ...webhooks]);
  return isSource ? 'source' : 'webhook';
}

async function names(client: Client, kind: Kind): Promise<string[]> {
  const { items } = await client.list(`${kind}s`);
  return items.map((item) => (item as { name: string }).name);
}
