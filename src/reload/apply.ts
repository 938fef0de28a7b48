import type { Alerts } from '../alerts/alerts.ts';
import type { Config } from '../config/document.ts';
import type { Dispatcher } from '../deliver/dispatcher.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Redactor } from '../lib/redact.ts';
import type { Connections } from '../live/connections.ts';
import type { LiveSources } from '../live/sources.ts';

export interface ApplyDeps {
  /** The configuration in force, which is replaced. */
  readonly current: { config: Config };
  readonly dispatcher: Dispatcher;
  readonly sources: LiveSources;
  readonly connections: Connections;
  readonly alerts: Pick<Alerts, 'configure'>;
  readonly redactor: Redactor;
  readonly log: Logger;
  readonly configureLog: (style: Config['log']) => void;
  /** Called for each source that was removed or disabled. */
  readonly onGone: (source: string) => void;
}

/**
 * Applies another configuration, carried over from the current one, to the running process. Throws CONFIG_INVALID if
 * a part of it cannot be used, and then nothing has changed.
 */
export function createApply(deps: ApplyDeps): (next: Config, secrets: readonly string[]) => Promise<void> {
  const { current, dispatcher, sources, connections, alerts, redactor, log, configureLog, onGone } = deps;
  return async (next, secrets) => {
    const left = dispatcher.configure(next.webhooks);
    // Only the webhooks can refuse the configuration. New secrets have to be known before anything can log them.
    redactor.replace(secrets);
    const gone = current.config.sources.keys().filter((name) => !next.sources.get(name)?.enabled);
    current.config = next;
    configureLog(next.log);
    alerts.configure(next);
    await sources.configure(next.sources);
    for (const source of gone) onGone(source);
    void left.then(
      () => connections.keepOnly(current.config),
      (error) => log.error({ err: messageOf(error) }, 'webhooks could not be changed'),
    );
  };
}
