import { randomUUID } from 'node:crypto';
import { createAlerts } from './alerts/alerts.ts';
import { watchSilence } from './alerts/silence.ts';
import type { Config, SourceConfig } from './config/document.ts';
import { createDispatcher, type Dispatcher } from './deliver/dispatcher.ts';
import { createOperations, type Operations } from './deliver/operations.ts';
import { isFinished } from './detect/until.ts';
import { messageOf, type PollhookError } from './errors.ts';
import { createFetcher } from './fetch/fetch.ts';
import { keepHouse } from './housekeeping.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { createAccesses } from './lib/http/auth/accesses.ts';
import { createTransports, wayOf } from './lib/http/transport.ts';
import type { Logger } from './lib/log.ts';
import type { Random } from './lib/random.ts';
import type { Redactor } from './lib/redact.ts';
import { counted } from './lib/units.ts';
import { VERSION } from './lib/version.ts';
import type { PollNote } from './model.ts';
import { createPoller, type PollerDeps } from './poll.ts';
import type { PollReport } from './poll-report.ts';
import { createGate } from './schedule/gate.ts';
import type { Loop } from './schedule/loop.ts';
import { type GateNews, lineOf } from './schedule/news.ts';
import { nextRun } from './schedule/next.ts';
import { spread } from './schedule/spread.ts';
import { listen } from './server/listen.ts';
import { createMetrics } from './server/metrics.ts';
import { createRoutes } from './server/routes.ts';
import type { Store } from './store/contract.ts';
import { openStore } from './store/open.ts';
import { watch } from './watch.ts';

/** How long deliveries under way may take when the process stops: container engines kill after 10 s. */
const GRACE = 9_000;

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly redactor: Redactor;
  /** For tests; the system's own by default. */
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The running daemon. */
export interface App {
  /** `host:port` of health and metrics; null when the server is off. */
  readonly address: string | null;
  /** What a person can do about deliveries. */
  readonly operations: Operations;
  /** Resolves when the state can no longer be trusted: the process must stop. */
  readonly fatal: Promise<PollhookError>;
  /** Stops polling, finishes what is being delivered, closes the state. */
  stop(): Promise<void>;
}

/**
 * Builds everything and starts it: state, server, dispatcher, schedules. What was started is stopped in reverse order,
 * also when a later part fails to start. Throws STATE_… and LISTEN_FAILED.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, log, redactor, clock = systemClock, random = Math.random } = options;
  const { promise: fatal, resolve: onFatal } = Promise.withResolvers<PollhookError>();
  await using starting = new AsyncDisposableStack();

  const store = starting.use(await openStore(config.state, { clock, onFatal, owner: randomUUID() }));
  const metrics = createMetrics(store, () => clock.now());

  for (const [webhook, count] of store.interrupted) {
    const message = `${counted(count, 'request')} had no recorded answer when the process ended before; sent again`;
    log.warn({ webhook }, message);
    metrics.observeInterrupted(webhook, count);
  }

  const memos = { known: await store.memos(), remember: store.remember.bind(store) };
  const gate = starting.use(createGate({ clock, random, memos, tell: (news) => tellOf(news, log) }));

  let ready = false;
  let dispatcher: Dispatcher | null = null;
  const routes = createRoutes({
    ready: () => ready,
    onError: (error) => log.error({ err: messageOf(error) }, 'a request could not be answered'),
    metrics: {
      contentType: metrics.contentType,
      text: () => metrics.text((webhook) => dispatcher?.holds(webhook) ?? false, gate.standings()),
    },
  });
  const server = config.listen === false ? null : await listen(routes, config.listen);
  starting.defer(() => server?.close());

  // What a source does to its connections must not touch deliveries; a token is the same for both.
  const ways = { sources: starting.use(createTransports()), webhooks: starting.use(createTransports()) };
  const accesses = createAccesses(clock, (owner, secrets) => redactor.hide(owner, secrets));

  const alerts = await createAlerts(config, {
    store,
    clock,
    log,
    redactor,
    wake: (webhooks) => dispatcher?.wake(webhooks),
  });
  starting.defer(() => alerts.stop());

  const sender = createDispatcher({
    store,
    clock,
    random,
    log,
    redactor,
    http: (webhook) => ways.webhooks.dispatcher(wayOf(webhook)),
    accesses,
    webhooks: config.webhooks,
    version: VERSION,
    observe(report) {
      metrics.observeAttempt(report);
      alerts.observeAttempt(report);
    },
    onSuperseded: (webhook, count) => metrics.observeWithdrawn(webhook, 'superseded', count),
  });
  dispatcher = sender;
  starting.defer(() => sender.stop(GRACE));

  const operations = await createOperations({
    store,
    dispatcher: sender,
    webhooks: () => config.webhooks.keys(),
    clock,
    log,
    onDropped: (webhook, count) => metrics.observeWithdrawn(webhook, 'dropped', count),
  });
  starting.defer(() => operations.stop());

  const stopping = new AbortController();
  const notes = await store.notes();
  const sources = [...config.sources.values()].filter((source) => source.enabled);
  const finished = await finishedAmong(sources, store);
  const dues = sources.map((source) =>
    finished.has(source)
      ? Number.POSITIVE_INFINITY
      : dueAtStart(source, notes.get(source.name) ?? null, clock.now()),
  );
  const firsts = spread(dues, clock.now());
  const fetcher = createFetcher({
    http: (source) => ways.sources.dispatcher(wayOf(source)),
    accesses,
    clock,
    random,
    version: VERSION,
    gate,
    observe: metrics.observeRequest,
  });
  const silence = watchSilence({
    clock,
    signal: stopping.signal,
    stale: alerts.stale,
    tick: alerts.flush,
    onError: (error) => log.error({ err: messageOf(error) }, 'sources could not be watched'),
  });
  const loops: Pick<Loop, 'done'>[] = sources.map((source, at) => {
    const poller = createPoller(source, {
      fetcher,
      store: timed(store, clock, metrics.observeCommit),
      clock,
    });
    const observe = (report: PollReport) => {
      metrics.observePoll(report);
      silence.observePoll(report);
      if (report.finished !== null) silence.remove(source.name);
      alerts.observePoll(report);
      sender.wake(report.webhooks);
    };
    const note = notes.get(source.name) ?? null;
    const deps = {
      ...{ poller, gate, clock, random, log, observe },
      signal: stopping.signal,
      finished: finished.has(source),
    };
    if (!deps.finished) silence.add(source, note);
    // One that has finished is polled when somebody asks for it, and at once then.
    const loop = watch(source, deps.finished ? clock.now() : (firsts[at] as number), note, deps);
    // Credentials that were refused may have been repaired: that is why somebody starts anew.
    if (note?.refused) loop.poke();
    return loop;
  });
  loops.push(silence, keepHouse({ store, retention: config.retention, clock, log, signal: stopping.signal }));
  starting.defer(async () => {
    stopping.abort();
    await Promise.all(loops.map((loop) => loop.done));
  });

  ready = true;
  log.info(
    {
      ...(server && { address: server.address }),
      sources: config.sources.size,
      webhooks: config.webhooks.size,
    },
    'started',
  );
  const running = starting.move();
  return {
    address: server?.address ?? null,
    operations,
    fatal,
    async stop() {
      ready = false;
      await running.disposeAsync();
    },
  };
}

function tellOf(news: GateNews, log: Logger): void {
  const { level, fields, message } = lineOf(news);
  log[level](fields, message);
}

/** Those of which `until` is true: only they are looked up. */
async function finishedAmong(sources: readonly SourceConfig[], store: Pick<Store, 'source'>) {
  const finished = new Set<SourceConfig>();
  for (const source of sources) {
    if (source.until !== undefined && isFinished(source, await store.source(source.name)))
      finished.add(source);
  }
  return finished;
}

/** Null for a source that was never polled. */
function dueAtStart(source: SourceConfig, note: PollNote | null, now: number): number | null {
  return note && nextRun(source, note, 0, now);
}

/** The store as pollers see it, telling how long commits take. */
function timed(store: Store, clock: Clock, observe: (milliseconds: number) => void): PollerDeps['store'] {
  return {
    identity: store.identity,
    source: (name) => store.source(name),
    digests: (name) => store.digests(name),
    values: (name, keys) => store.values(name, keys),
    note: (name, note) => store.note(name, note),
    async commit(commit) {
      const began = clock.monotonic();
      const outcome = await store.commit(commit);
      observe(clock.monotonic() - began);
      return outcome;
    },
  };
}
