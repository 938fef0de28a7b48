import { basename } from 'node:path';
import { messageOf, PollhookError } from '../../errors.ts';

/**
 * Makes the first failure of the disk final: what it holds after a failed write or fsync is unknown, and a repeated
 * fsync would succeed wrongly, since the kernel forgets the pages that it could not write.
 */
export interface Guard {
  /** Runs a step that must not fail; its failure, and every use after one, rejects with the same STATE_WRITE_FAILED. */
  run<T>(file: string, step: () => Promise<T>): Promise<T>;
  /** Throws if the store has failed. */
  check(): void;
}

export function createGuard(onFatal: (error: PollhookError) => void): Guard {
  let failed: PollhookError | null = null;

  return {
    check() {
      if (failed) throw failed;
    },
    async run(file, step) {
      if (failed) throw failed;
      try {
        return await step();
      } catch (error) {
        if (!failed) {
          failed =
            error instanceof PollhookError
              ? error
              : new PollhookError('STATE_WRITE_FAILED', `${basename(file)}: ${messageOf(error)} (${file})`, {
                  cause: error,
                });
          onFatal(failed);
        }
        throw failed;
      }
    },
  };
}
