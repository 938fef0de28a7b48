import type { Config } from '../config/document.ts';
import type { Controlled } from '../control/control.ts';
import type { Dispatcher } from '../deliver/dispatcher.ts';
import { messageOf } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Redactor } from '../lib/redact.ts';
import type { Gate } from '../schedule/gate.ts';
import type { Metrics } from '../server/metrics.ts';
import { createRoutes } from '../server/routes.ts';
import type { Store } from '../store/contract.ts';

/** Parts that the server and the observers refer to before they are built. */
export interface Late {
  /** Whether requests are answered: everything has started, and nothing has been stopped. */
  ready: boolean;
  dispatcher: Dispatcher | null;
  controlled: Controlled | null;
}

interface RoutesDeps {
  readonly current: { readonly config: Config };
  readonly store: Store;
  readonly metrics: Metrics;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly log: Logger;
  readonly redactor: Redactor;
}

/** The server's routes, on parts that may not be built yet. */
export function routesOf(
  late: Late,
  { current, store, metrics, gate, clock, log, redactor }: RoutesDeps,
): ReturnType<typeof createRoutes> {
  return createRoutes({
    ready: () => late.ready,
    get control() {
      if (!late.controlled) throw new Error('a request was answered before the daemon was ready');
      return late.controlled.control;
    },
    archive: store,
    clock,
    redact: (text) => redactor.redact(text),
    listen: current.config.listen || '',
    token: () => current.config.token,
    onError: (error) => log.error({ err: messageOf(error) }, 'a request could not be answered'),
    metrics: {
      contentType: metrics.contentType,
      text: () =>
        metrics.text(
          current.config.webhooks.keys(),
          (name) => late.dispatcher?.holds(name) ?? false,
          gate.standings(current.config.budgets),
        ),
    },
  });
}
