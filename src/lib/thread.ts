import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createMutex } from './mutex.ts';

/** The result of a job, or why there is none. */
export type Done<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'late' }
  | { readonly kind: 'exhausted' };

/**
 * A worker thread for jobs whose time or memory cannot be bounded otherwise. It runs one job after another, and is
 * terminated when one takes too long or too much memory: nothing else can stop a regular expression or a library, and
 * interrupting them on the main thread (the `timeout` of node:vm) has been seen to corrupt its memory. It starts with
 * the first job, and does not keep the process alive.
 */
export class Thread<Job, Result> {
  readonly #file: string;
  readonly #heap: number;
  #worker: Worker | null = null;
  readonly #mutex = createMutex();

  /**
   * @param file a module that answers each message with one
   * @param heap most megabytes that its objects may take
   */
  constructor(file: string, heap = 512) {
    this.#file = file;
    this.#heap = heap;
  }

  /** @param limit milliseconds from the beginning of the job */
  run(job: Job, limit: number): Promise<Done<Result>> {
    return this.#mutex.run(() => this.#do(job, limit));
  }

  async #do(job: Job, limit: number): Promise<Done<Result>> {
    this.#worker ??= await this.#start();
    const worker = this.#worker;
    const signal = AbortSignal.timeout(limit);
    worker.ref();
    try {
      worker.postMessage(job);
      const [result] = (await once(worker, 'message', { signal })) as [Result];
      return { kind: 'done', result };
    } catch (error) {
      this.#worker = null;
      await worker.terminate();
      if (signal.aborted) return { kind: 'late' };
      if ((error as { readonly code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY')
        return { kind: 'exhausted' };
      throw error;
    } finally {
      worker.unref();
    }
  }

  async #start(): Promise<Worker> {
    const worker = new Worker(this.#file, {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#heap },
    });
    await once(worker, 'online');
    return worker;
  }
}
