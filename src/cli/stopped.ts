const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Resolves with the signal that asks the process to end. Takes over from who listened before; a second one ends it. */
export function stopped(): Promise<(typeof SIGNALS)[number]> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) {
      process.removeAllListeners(signal);
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve(signal);
      });
    }
  });
}
