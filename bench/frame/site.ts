import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Agent } from 'undici';
import type { Config, SourceConfig, WebhookConfig } from '../../src/config/document.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createFetcher, type Fetcher } from '../../src/fetch/fetch.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger, type Logger } from '../../src/lib/log.ts';
import { Redactor } from '../../src/lib/redact.ts';
import { VERSION } from '../../src/lib/version.ts';
import { createPoller, type Poller } from '../../src/poll.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import type { Figure } from './row.ts';
import { openWorld, type World } from './world.ts';

export type Kind = 'json' | 'sqlite';

/** One case for each kind of state. */
export function eachKind(
  measure: (kind: Kind) => Promise<readonly Figure[]>,
  name = '',
): { [name: string]: () => Promise<readonly Figure[]> } {
  const named = (kind: string) => (name === '' ? kind : `${name}, ${kind}`);
  return { [named('JSON files')]: () => measure('json'), [named('SQLite')]: () => measure('sqlite') };
}

export const SECRET = `whsec_${Buffer.from('the secret of the benchmarks').toString('base64')}`;

type Options = { readonly [option: string]: unknown };

/** A configuration as users write it; `url`s are paths of the world. */
export interface Wanted {
  readonly sources?: { readonly [name: string]: Options & { readonly url: string } };
  readonly webhooks?: { readonly [name: string]: Options & { readonly url: string } };
}

/** Where the product is at work: a world around it, a configuration file, and a folder that is removed in the end. */
export interface Site extends AsyncDisposable {
  readonly world: World;
  readonly config: Config;
  /** As the daemon logs, to where nobody reads: the lines are made and written. */
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly fetcher: Fetcher;
  /** As the daemon has one for each direction. */
  readonly agent: Agent;
  source(name: string): SourceConfig;
  webhook(name: string): WebhookConfig;
  openStore(): Promise<Store>;
}

export async function openSite(kind: Kind, wanted: Wanted): Promise<Site> {
  await using opening = new AsyncDisposableStack();
  const world = opening.use(await openWorld());
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-bench-'));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const config = await configure(kind, folder, world.url, wanted);
  const redactor = new Redactor([SECRET]);
  const nobody = openSync('/dev/null', 'w');
  opening.defer(() => closeSync(nobody));
  const destination = new Writable({
    write(chunk, _, done) {
      writeSync(nobody, chunk);
      done();
    },
  });
  const agent = new Agent({ allowH2: false });
  opening.defer(() => agent.destroy());
  const held = opening.move();
  return {
    world,
    config,
    redactor,
    agent,
    log: createLogger({ level: 'info', format: 'json', redactor, destination }),
    fetcher: createFetcher({ http: agent, clock: systemClock, random: Math.random, version: VERSION }),
    source: (name) => known(config.sources, name),
    webhook: (name) => known(config.webhooks, name),
    openStore: () => openStore(config.state, { clock: systemClock, onFatal, owner: 'bench' }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** A poller of a source as the daemon makes it. */
export function pollerOf({ fetcher, source }: Site, name: string, store: Store): Poller {
  return createPoller(source(name), { fetcher, store, clock: systemClock });
}

async function configure(kind: Kind, folder: string, url: string, wanted: Wanted): Promise<Config> {
  const placed = (section: Wanted['sources'], more: Options) =>
    Object.fromEntries(
      Object.entries(section ?? {}).map(([name, one]) => [name, { ...more, ...one, url: url + one.url }]),
    );
  const state = join(folder, 'state');
  const document = {
    state: kind === 'json' ? state : `sqlite:${state}.db`,
    server: { listen: '127.0.0.1:0' },
    sources: placed(wanted.sources, { items: 'tickets', key: 'id' }),
    webhooks: placed(wanted.webhooks, { secret: SECRET }),
  };
  const file = join(folder, 'config.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify(document));
  const loaded = loadConfig(file, {});
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

function known<T>(section: ReadonlyMap<string, T>, name: string): T {
  const found = section.get(name);
  if (!found) throw new Error(`${name} is not configured`);
  return found;
}

function onFatal(error: Error): never {
  throw error;
}
