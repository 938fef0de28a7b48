const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
type Signal = (typeof SIGNALS)[number];

/** Resolves with the signal that asks the process to end; a second one, whichever it is, ends it at once. */
export function stopSignal(): Promise<Signal> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: Signal) => {
      if (asked) process.exit(1);
      asked = true;
      resolve(signal);
    };
    for (const signal of SIGNALS) {
      const before = process.rawListeners(signal);
      process.on(signal, onSignal);
      // Only now: a signal that came while modules were loaded waits for the next turn of the event loop, and is lost if
      // there is a moment in which nobody listens.
      for (const listener of before) process.off(signal, listener as () => void);
    }
  });
}
