import { type App, startApp } from '../app.ts';
import { createLogger } from '../lib/log.ts';
import type { Io } from './io.ts';
import { load } from './load.ts';
import { stopped } from './stopped.ts';

/**
 * The daemon: runs until SIGTERM or SIGINT, then stops in order. A second signal ends it at once.
 * Exit code 0 after an orderly stop, 1 when the state could not be written.
 */
export async function run(file: string, io: Io): Promise<number> {
  const stop = stopped();
  process.on('SIGHUP', () => hangup());
  let hangup = () => {};
  const { config, redactor } = load(file, io);
  const log = createLogger({ ...config.log, redactor });
  const app = await startApp({ config, log, redactor });
  hangup = () =>
    log.warn('SIGHUP: the configuration is read when the process starts; restart it to apply changes');
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

/** After a failed write closing fails too, and is not worth waiting for. */
async function abandon(app: App): Promise<void> {
  setTimeout(() => process.exit(1), 2000).unref();
  await app.stop().catch(() => undefined);
}
