import type { Config, SourceConfig } from '../config/document.ts';
import type { PollhookError } from '../errors.ts';
import { createFetcher } from '../fetch/fetch.ts';
import type { LimitReport } from '../fetch/limits/report.ts';
import { systemClock } from '../lib/clock.ts';
import { createAccesses } from '../lib/http/auth/accesses.ts';
import { createTransports, routeOf } from '../lib/http/transport.ts';
import { VERSION } from '../lib/version.ts';
import type { PollNote } from '../model.ts';
import { createPoller, type PollerDeps } from '../poll.ts';
import { createGate } from '../schedule/gate.ts';
import { nextRun } from '../schedule/next.ts';
import { openStore, readState } from '../store/open.ts';
import type { Io } from './io.ts';
import { load } from './load.ts';
import { overlay } from './overlay.ts';
import { pollAsData } from './poll-data.ts';
import { describePoll } from './poll-text.ts';
import { stopSignal } from './stop-signal.ts';
import { unknownName } from './unknown-name.ts';

export interface PollCommand {
  readonly config: string;
  readonly live?: boolean;
  readonly watch?: boolean;
  readonly json?: boolean;
}

/**
 * The command `poll`: one poll now, or with `watch` one after another at the source's own pace, and what each would
 * change. Reads the state, even of a running daemon, and writes only with `live`, which needs the state for itself.
 * Exit code 1 if the (last) poll failed.
 */
export async function poll(name: string, options: PollCommand, io: Io): Promise<number> {
  const { config, redactor } = load(options.config, io);
  const source = sourceNamed(config, name);
  await using transports = createTransports();
  await using live = options.live ? await openLive(config) : null;
  await using read = live ? null : await readState(config.state);
  const store: PollerDeps['store'] = live ?? overlay(read);
  const clock = systemClock;
  const memos = live && { known: await live.memos(), remember: live.remember.bind(live) };
  await using gate = createGate({ clock, random: Math.random, ...(memos && { memos }) });
  let limitReport: LimitReport | null = null;
  const observe = (_source: string, _status: number | null, last: LimitReport) => {
    limitReport = last;
  };
  const fetcher = createFetcher({
    http: (one) => transports.dispatcher(routeOf(one)),
    accesses: createAccesses(clock, redactor),
    clock,
    random: Math.random,
    version: VERSION,
    gate,
    observe,
  });
  const poller = createPoller(source, { fetcher, store, clock });
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  let note: PollNote | null = (await (live ?? read)?.notes())?.get(name) ?? null;
  for (;;) {
    const before = await store.source(name);
    const started = clock.monotonic();
    const done = await poller.poll(note, stop.signal).catch((error: unknown) => {
      if (stop.signal.aborted) return null;
      throw error;
    });
    if (!done) return 1;
    const seen = {
      source,
      before,
      poll: done.poll,
      duration: clock.monotonic() - started,
      live: options.live === true,
      limitReport,
    };
    io.out(redactor.redact(options.json ? `${JSON.stringify(pollAsData(seen))}\n` : describePoll(seen)));
    note = done.note;
    const over = done.poll.kind === 'seen' && done.poll.detected.ending?.finished != null;
    if (!options.watch || over) return done.poll.kind === 'failed' ? 1 : 0;
    await clock.sleep(nextRun(source, note, 0, clock.now()) - clock.now(), stop.signal);
    if (stop.signal.aborted) return 0;
  }
}

function sourceNamed({ sources, file }: Config, name: string): SourceConfig {
  const source = sources.get(name);
  if (source) return source;
  throw unknownName('source', [name], [...sources.keys()], ` in ${file}`);
}

async function openLive(config: Config) {
  const onFatal = (error: PollhookError) => {
    throw error;
  };
  return openStore(config.state, { clock: systemClock, owner: `poll-${process.pid}`, onFatal });
}
