import { randomUUID } from 'node:crypto';
import { createAlerts } from './alerts/alerts.ts';
import { watchSilence } from './alerts/silence.ts';
import type { Config } from './config/document.ts';
import { type Controlled, cannotReload, createControl } from './control/control.ts';
import { createDispatcher, type Dispatcher } from './deliver/dispatcher.ts';
import { createOperations, type Operations } from './deliver/operations.ts';
import { tryOut } from './deliver/trial.ts';
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
import { openGate } from './live/gate.ts';
import { startSources } from './live/sources.ts';
import { type Reloader, type Reloading, startReloader } from './reload/reload.ts';
import { resync } from './resync.ts';
import { createRanks } from './schedule/learned/ranks.ts';
import { isClosed } from './server/doors.ts';
import { listen } from './server/listen.ts';
import { createMetrics } from './server/metrics.ts';
import { createRoutes } from './server/routes.ts';
import { openStore } from './store/open.ts';

/** How long deliveries under way may take when the process stops: container engines kill after 10 s. */
const GRACE = 9_000;

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly redactor: Redactor;
  /** How the configuration may change; without it the process has to be restarted. */
  readonly reloading?: Reloading;
  /** For tests; the system's own by default. */
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The running daemon. */
export interface App {
  /** `host:port` of the server; null when the server is off. */
  readonly address: string | null;
  /** What a person can do about deliveries. */
  readonly operations: Operations;
  /** Reads the configuration again and applies it, if it has no mistakes; null for a process that cannot. */
  readonly reload: Reloader['reload'] | null;
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
  const { log, redactor, reloading, clock = systemClock, random = Math.random } = options;
  let { config } = options;
  const { promise: fatal, resolve: onFatal } = Promise.withResolvers<PollhookError>();
  await using starting = new AsyncDisposableStack();

  const store = starting.use(await openStore(config.state, { clock, onFatal, owner: randomUUID() }));
  const metrics = createMetrics(store, () => clock.now());

  for (const [webhook, count] of store.interrupted) {
    const message = `${counted(count, 'request')} had no recorded answer when the process ended before; sent again`;
    log.warn({ webhook }, message);
    metrics.observeInterrupted(webhook, count);
  }

  const ranks = createRanks(clock);
  const gate = starting.use(
    await openGate({ store, budgets: config.budgets, clock, random, rank: ranks.rank, log }),
  );

  let ready = false;
  let dispatcher: Dispatcher | null = null;
  let controlled: Controlled | null = null;
  const routes = createRoutes({
    ready: () => ready,
    get control() {
      if (!controlled) throw new Error('asked before it was ready');
      return controlled.control;
    },
    archive: store,
    clock,
    redact: (text) => redactor.redact(text),
    listen: config.listen || '',
    token: () => config.token,
    onError: (error) => log.error({ err: messageOf(error) }, 'a request could not be answered'),
    metrics: {
      contentType: metrics.contentType,
      text: () =>
        metrics.text(config.webhooks.keys(), (name) => dispatcher?.holds(name) ?? false, gate.standings()),
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
      controlled?.observeAttempt(report);
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
  const sources = await startSources(config.sources, {
    ...{ fetcher, store, gate, ranks, clock, random, log },
    onCommit: metrics.observeCommit,
    onStart(source, note) {
      silence.add(source, note);
      metrics.observeStart(source.name, note);
    },
    onStop(source) {
      silence.remove(source);
      ranks.remove(source);
    },
    observe(report) {
      metrics.observePoll(report);
      silence.observePoll(report);
      if (report.finished !== null) silence.remove(report.source);
      alerts.observePoll(report);
      controlled?.observePoll(report);
      sender.wake(report.webhooks);
    },
  });
  const house = keepHouse({
    ...{ store, clock, log, signal: stopping.signal },
    retention: () => config.retention,
  });
  starting.defer(async () => {
    stopping.abort();
    await Promise.all([sources.stop(), silence.done, house.done]);
  });

  async function apply(next: Config, secrets: readonly string[]): Promise<void> {
    const left = sender.configure(next.webhooks);
    // Before anything is said by the new ones; those of a configuration that is refused come into no use.
    redactor.replace(secrets);
    const gone = config.sources.keys().filter((name) => !next.sources.has(name));
    config = next;
    reloading?.configureLog(next.log);
    alerts.configure(next);
    await sources.configure(next.sources);
    for (const source of gone) metrics.forget(source);
    void left.then(tidy, (error) => log.error({ err: messageOf(error) }, 'webhooks could not be changed'));
  }

  /** Closes the connections that nobody uses any more. */
  function tidy(): void {
    const [polled, sent] = [[...config.sources.values()], [...config.webhooks.values()]];
    ways.sources.keepOnly(polled.map(wayOf));
    ways.webhooks.keepOnly(sent.map(wayOf));
    accesses.keepOnly([...polled, ...sent].map(({ auth }) => auth));
  }

  const reloader =
    reloading &&
    startReloader({
      ...{ ...reloading, apply, redactor, log, alerts, clock },
      config: () => config,
      observe(applied) {
        metrics.observeReload(applied);
        controlled?.observeReload(applied);
      },
    });
  starting.defer(() => reloader?.stop());

  const made = createControl({
    ...{ store, clock, log, operations },
    config: () => config,
    budgets: gate.standings,
    dispatcher: sender,
    watches: () => sources.watches,
    verdicts: sources.verdicts,
    resync: (source, webhook) =>
      sources.watches.get(source)?.between((note) => resync(source, webhook, note, { store, clock })) ?? null,
    tryOut: (webhook) =>
      tryOut(webhook, {
        ...{ clock, redactor, version: VERSION },
        http: ways.webhooks.dispatcher(wayOf(webhook)),
        access: accesses.of(webhook.auth),
      }),
    reload: reloader?.reload ?? cannotReload,
    onPause(source, paused, note) {
      if (paused) silence.remove(source.name);
      else silence.add(source, note);
    },
  });
  controlled = made;
  starting.defer(() => made.end());

  ready = true;
  log.info(
    {
      ...(server && { address: server.address }),
      sources: config.sources.size,
      webhooks: config.webhooks.size,
    },
    'started',
  );
  if (config.listen !== false && isClosed({ listen: config.listen, token: config.token }))
    log.warn(
      `${config.listen} can be reached from other machines and there is no \`server.token\`: only health, readiness and metrics are served`,
    );
  const running = starting.move();
  return {
    address: server?.address ?? null,
    operations,
    reload: reloader?.reload ?? null,
    fatal,
    async stop() {
      ready = false;
      await running.disposeAsync();
    },
  };
}
