/** Milliseconds of processor that the work takes: what else the machine does, and how long it makes us wait, is no part. */
export function cpuTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
