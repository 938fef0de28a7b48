import type { Alerts } from '../alerts/alerts.ts';
import type { Config } from '../config/document.ts';
import type { Loaded } from '../config/load.ts';
import { formatLine } from '../config/problem.ts';
import { messageOf, PollhookError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger, LogStyle } from '../lib/log.ts';
import { createMutex } from '../lib/mutex.ts';
import type { Redactor } from '../lib/redact.ts';
import { counted } from '../lib/units.ts';
import type { Reloaded } from '../server/api/schemas.ts';
import { carryOver, changesBetween, needsRestart } from './carry.ts';
import { watchFiles } from './files.ts';

/** How a configuration may change while the process runs. */
export interface Reloading {
  /** The files that it was read from: they are watched. */
  readonly files: readonly string[];
  /** Their {@link stampOf} when they were read: they may have changed since. */
  readonly stamp: string;
  readonly read: () => Loaded;
  readonly configureLog: (style: LogStyle) => void;
}

export interface ReloadDeps extends Omit<Reloading, 'configureLog'> {
  readonly clock: Clock;
  /** The configuration in force. */
  readonly config: () => Config;
  /**
   * Applies another configuration, carried over from the one in force. Throws CONFIG_INVALID if a part of it cannot
   * be used, and then nothing has changed.
   */
  readonly apply: (config: Config, secrets: readonly string[]) => Promise<void>;
  readonly redactor: Redactor;
  readonly log: Logger;
  readonly alerts: Pick<Alerts, 'configRejected' | 'configReloaded'>;
  /** Called after every reload with the mistakes of the configuration, a line each; none if it was applied. */
  readonly observe: (problems: readonly string[]) => void;
}

/** Changes the configuration while the process runs. */
export interface Reloader {
  /**
   * Reads and applies the configuration; one with mistakes changes nothing. Calls run one after another and never
   * reject.
   */
  reload(): Promise<Reloaded>;
  /** Resolves when no reload is under way; later calls are refused. */
  stop(): Promise<void>;
}

/** Watches the files until it is stopped. */
export function startReloader(deps: ReloadDeps): Reloader {
  const { read, apply, redactor, log, alerts, clock, observe } = deps;
  const mutex = createMutex();
  let stopped = false;
  /** The mistakes that were last reported; empty while the configuration last read applies. */
  let rejected = '';

  async function reload(): Promise<Reloaded> {
    if (stopped) return rejection(['the process is stopping']);
    const loaded = read();
    watched.follow(loaded.files);
    if (loaded.kind === 'invalid') return reject(loaded.problems.map(formatLine));
    const before = deps.config();
    const config = carryOver(before, loaded.config);
    const changes = changesBetween(before, config);
    const restart = needsRestart(before, loaded.config);
    try {
      // Also without changes: options that wait for a restart may have changed.
      await apply(config, loaded.secrets);
    } catch (error) {
      if (error instanceof PollhookError && error.code === 'CONFIG_INVALID') return reject([error.message]);
      throw error;
    }
    for (const warning of loaded.warnings) log.warn(formatLine(warning));
    for (const line of changes) log.info(`configuration: ${line}`);
    for (const option of restart)
      log.warn(`configuration: ${option} changed; it stays as it was until pollhook is restarted`);
    if (changes.length > 0 || rejected !== '') alerts.configReloaded(changes);
    else log.info('the configuration was read again: nothing that applies has changed');
    rejected = '';
    observe([]);
    return { applied: true, changes: [...changes], restart: [...restart], problems: [] };
  }

  function reject(problems: readonly string[]): Reloaded {
    log.error(
      `the changed configuration has ${counted(problems.length, 'mistake')} and is not applied; the one before stays in force`,
    );
    for (const problem of problems) log.error(problem);
    // The same mistakes are not alerted again.
    if (problems.join('\n') !== rejected) alerts.configRejected(problems);
    rejected = problems.join('\n');
    observe(problems);
    return rejection(problems);
  }

  async function guarded(): Promise<Reloaded> {
    try {
      return await reload();
    } catch (error) {
      const problem = `the configuration could not be read again: ${messageOf(error)}`;
      log.error(problem);
      return rejection([redactor.redact(problem)]);
    }
  }

  const request = () => mutex.run(guarded);
  const watched = watchFiles(deps.files, deps.stamp, { clock, onChange: request });
  return {
    reload: request,
    async stop() {
      stopped = true;
      await watched.stop();
      await mutex.idle();
    },
  };
}

function rejection(problems: readonly string[]): Reloaded {
  return { applied: false, changes: [], restart: [], problems: [...problems] };
}
