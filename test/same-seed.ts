import fc from 'fast-check';

/**
 * For `npm test`: properties are tried with the same random values every time, so that a change is judged by what it does.
 * `FAST_CHECK_SEED=N npm test` tries others, and a test file that is run alone new ones each time.
 */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 1) });
