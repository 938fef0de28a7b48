import { randomUUID } from 'node:crypto';
import { createAlerts } from './alerts/alerts.ts';
import { watchSilence } from './alerts/silence.ts';
import { type Late, routesOf } from './app/routes.ts';
import type { Config } from './config/document.ts';
import { cannotReload, createControl } from './control/control.ts';
import { createDispatcher } from './deliver/dispatcher.ts';
import { createOperations, type Operations } from './deliver/operations.ts';
import { tryOut } from './deliver/trial.ts';
import { messageOf, type PollhookError } from './errors.ts';
import { createFetcher } from './fetch/fetch.ts';
import { startHousekeeping } from './housekeeping.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import type { Logger } from './lib/log.ts';
import type { Random } from './lib/random.ts';
import type { Redactor } from './lib/redact.ts';
import { counted } from './lib/units.ts';
import { VERSION } from './lib/version.ts';
import { createConnections } from './live/connections.ts';
import { openGate } from './live/gate.ts';
import { startSources } from './live/sources.ts';
import { createApply } from './reload/apply.ts';
import { type Reloader, type Reloading, startReloader } from './reload/reload.ts';
import { resync } from './resync.ts';
import { createRanks } from './schedule/learned/ranks.ts';
import { listen } from './server/listen.ts';
import { createMetrics } from './server/metrics.ts';
import { observed } from './store/observed.ts';
import { openStore } from './store/open.ts';

/** How long deliveries under way may take when the process stops: container engines kill after 10 s. */
const GRACE = 9_000;

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly redactor: Redactor;
  /** How to read the configuration again; without it a change needs a restart. */
  readonly reloading?: Reloading;
  /** For tests; the system's own by default. */
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The running daemon. */
export interface App {
  /** `host:port` of the server; null when the server is off. */
  readonly address: string | null;
  /** Retry, drop and replay of deliveries. */
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
  const { config, log, redactor, reloading, clock = systemClock, random = Math.random } = options;
  const current = { config };
  const { promise: fatal, resolve: onFatal } = Promise.withResolvers<PollhookError>();
  await using starting = new AsyncDisposableStack();

  const opened = starting.use(await openStore(config.state, { clock, onFatal, owner: randomUUID() }));
  const metrics = createMetrics(opened, () => clock.now());
  const store = observed(opened, clock, metrics.observeCommit);

  for (const [webhook, count] of store.interrupted) {
    log.warn(
      { webhook },
      `${counted(count, 'request')} had no recorded answer when the process last ended; sent again`,
    );
    metrics.observeInterrupted(webhook, count);
  }

  const ranks = createRanks(clock);
  const gate = starting.use(
    await openGate({ store, budgets: config.budgets, clock, random, rank: ranks.rank, log }),
  );

  const late: Late = { ready: false, dispatcher: null, controlled: null };
  const routes = routesOf(late, { current, store, metrics, gate, clock, log, redactor });
  const server = config.listen === false ? null : await listen(routes, config.listen);
  starting.defer(() => server?.close());

  const connections = starting.use(createConnections(clock, redactor));
  const { accesses } = connections;

  const alerts = await createAlerts(config, {
    store,
    clock,
    log,
    redactor,
    wake: (webhooks) => late.dispatcher?.wake(webhooks),
  });
  starting.defer(() => alerts.stop());

  const dispatcher = createDispatcher({
    store,
    clock,
    random,
    log,
    redactor,
    http: connections.toWebhook,
    accesses,
    webhooks: config.webhooks,
    version: VERSION,
    observe(report) {
      metrics.observeAttempt(report);
      alerts.observeAttempt(report);
      late.controlled?.observeAttempt(report);
    },
    onSuperseded: (webhook, count) => metrics.observeWithdrawn(webhook, 'superseded', count),
  });
  late.dispatcher = dispatcher;
  starting.defer(() => dispatcher.stop(GRACE));

  const operations = await createOperations({
    store,
    dispatcher,
    webhooks: () => current.config.webhooks.keys(),
    clock,
    log,
    onDropped: (webhook, count) => metrics.observeWithdrawn(webhook, 'dropped', count),
  });
  starting.defer(() => operations.stop());

  const stopping = new AbortController();
  const fetcher = createFetcher({
    http: connections.toSource,
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
    onDue(source, note) {
      silence.add(source, note);
      metrics.observeStart(source.name, note);
    },
    onIdle(source) {
      silence.remove(source);
      metrics.forget(source);
    },
    onRenamed: alerts.renamed,
    onFinished({ source, records, ending }) {
      alerts.ended({ source, records, finished: ending?.finished ?? null, at: clock.now() });
    },
    onStop(source) {
      silence.remove(source);
      ranks.remove(source);
    },
    observe(report) {
      metrics.observePoll(report);
      silence.observePoll(report);
      alerts.observePoll(report);
      late.controlled?.observePoll(report);
      dispatcher.wake(report.webhooks);
    },
  });
  const house = startHousekeeping({
    ...{ store, clock, log, signal: stopping.signal },
    retention: () => current.config.retention,
  });
  starting.defer(async () => {
    stopping.abort();
    await Promise.all([sources.stop(), silence.done, house.done]);
  });

  const reloader =
    reloading &&
    startReloader({
      ...{ ...reloading, redactor, log, alerts, clock },
      config: () => current.config,
      apply: createApply({
        ...{ current, dispatcher, sources, connections, alerts, redactor, log },
        configureLog: reloading.configureLog,
        onGone: metrics.forget,
      }),
      observe(problems) {
        metrics.observeReload(problems.length === 0);
        late.controlled?.observeReload(problems);
      },
    });
  starting.defer(() => reloader?.stop());

  const controlled = createControl({
    ...{ store, clock, log, operations, dispatcher },
    config: () => current.config,
    budgets: () => gate.standings(current.config.budgets),
    watches: () => sources.watches,
    verdicts: sources.verdicts,
    resync: (source, webhook) =>
      sources.watches.get(source)?.between((note) => resync(source, webhook, note, { store, clock })) ?? null,
    tryOut: (webhook) =>
      tryOut(webhook, {
        ...{ clock, redactor, version: VERSION },
        http: connections.toWebhook(webhook),
        access: accesses.of(webhook.auth),
      }),
    reload: reloader?.reload ?? cannotReload,
  });
  late.controlled = controlled;
  starting.defer(() => controlled.end());

  late.ready = true;
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
    reload: reloader?.reload ?? null,
    fatal,
    async stop() {
      late.ready = false;
      await running.disposeAsync();
    },
  };
}
