import { type App, startApp } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import { formatLine, type Problem } from '../config/problem.ts';
import { createLog } from '../lib/log.ts';
import { stampOf } from '../reload/files.ts';
import type { Io } from './io.ts';
import { load } from './load.ts';
import { stopSignal } from './stop-signal.ts';

/**
 * The daemon: runs until SIGTERM or SIGINT, then stops in order. A second signal ends it at once. SIGHUP or a changed
 * file: the configuration is read again. Exit code 0 after an orderly stop, 1 when the state could not be written.
 */
export async function run(file: string, io: Io): Promise<number> {
  const stop = stopSignal();
  const warnings: Problem[] = [];
  const { config, redactor, files } = load(file, io, (warning) => warnings.push(warning));
  const { logger: log, configure: configureLog } = createLog({ ...config.log, redactor });
  for (const warning of warnings) log.warn(formatLine(warning));
  const reloading = { files, stamp: stampOf(files), read: () => loadConfig(file, io.env), configureLog };
  const starting = startApp({ config, log, redactor, reloading });
  process.on('SIGHUP', () => {
    log.info('SIGHUP: reading the configuration again');
    // A failed start is reported below.
    starting.then(
      (app) => app.reload?.(),
      () => undefined,
    );
  });
  const app = await starting;
  const end = await Promise.race([stop, app.fatal]);
  if (typeof end !== 'string') {
    log.fatal({ err: end.code }, `${end.message}: stopping, nothing is acknowledged any more. ${end.remedy}`);
    await abandon(app);
    return 1;
  }
  log.info({ signal: end }, 'stopping: no more polls, finishing what is being delivered');
  await app.stop();
  log.info('stopped');
  return 0;
}

/** Stops without waiting: after a failed write, closing fails as well. */
async function abandon(app: App): Promise<void> {
  setTimeout(() => process.exit(1), 2000).unref();
  await app.stop().catch(() => undefined);
}
