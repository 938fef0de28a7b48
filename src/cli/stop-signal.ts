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
      // Removed only now: a signal that arrived while modules were loading is delivered in the next turn of the event
      // loop, and is lost if there is no listener in between.
      for (const listener of before) process.off(signal, listener as () => void);
    }
  });
}
