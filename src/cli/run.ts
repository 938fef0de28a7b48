import { type App, startApp } from '../app.ts';
import { createLogger } from '../lib/log.ts';
import type { Io } from './io.ts';
import { load } from './load.ts';

/**
 * The daemon: runs until SIGTERM or SIGINT, then stops in order. A second signal ends it at once.
 * Exit code 0 after an orderly stop, 1 when the state could not be written.
 */
export async function run(file: string, io: Io): Promise<number> {
  // Listened to from the first moment: as process 1 of a container an unheard signal would be lost.
  const signals = listenForSignals();
  const { config, redactor } = load(file, io);
  const log = createLogger({ ...config.log, redactor });
  const app = await startApp({ config, log, redactor });
  signals.onHangup(() =>
    log.warn('SIGHUP: the configuration is read when the process starts; restart it to apply changes'),
  );
  const end = await Promise.race([signals.stop, app.fatal]);
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

function listenForSignals() {
  const { promise: stop, resolve } = Promise.withResolvers<'SIGTERM' | 'SIGINT'>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      resolve(signal);
      process.once(signal, () => process.exit(1));
    });
  }
  let hangup = () => {};
  process.on('SIGHUP', () => hangup());
  return {
    stop,
    onHangup(action: () => void) {
      hangup = action;
    },
  };
}
