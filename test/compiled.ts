import { join } from 'node:path';

/**
 * For the environment of processes that tests start: they find the code compiled, which is half of a start. Those that are
 * killed leave nothing behind; what one that ended in order left serves all that follow, over runs.
 */
export const COMPILED = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/compiled'),
} as const;
