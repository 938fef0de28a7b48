import type { Random } from '../../src/lib/random.ts';

/** When a source changes, Unix milliseconds from 0, in order. */
export type Trace = readonly number[];

/** Rates of so many sources, per millisecond, that are as uneven as those of real systems: their logarithms are normal. */
export function unevenRates(count: number, random: Random): number[] {
  const DAILY = 4 / 86_400_000;
  const SPREAD = 2;
  return Array.from({ length: count }, () => DAILY * Math.exp(SPREAD * normal(random)));
}

/** Changes that know nothing of each other. */
export function poisson(rate: number, end: number, random: Random): Trace {
  const trace: number[] = [];
  for (let at = wait(rate, random); at < end; at += wait(rate, random)) trace.push(at);
  return trace;
}

/** Changes that come together: on average eight, minutes apart. */
export function bursty(rate: number, end: number, random: Random): Trace {
  const MEAN = 8;
  const APART = 1 / 120_000;
  const trace: number[] = [];
  for (const start of poisson(rate / MEAN, end, random)) {
    for (let at = start; at < end; at += wait(APART, random)) {
      trace.push(at);
      if (random() < 1 / MEAN) break;
    }
  }
  return trace.sort((a, b) => a - b);
}

function wait(rate: number, random: Random): number {
  return -Math.log(1 - random()) / rate;
}

/** Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
