/**
 * Loaded into the process that is watched (`node --expose-gc --import`): tells what it holds after a collection, when it is
 * asked. What a collection would free says nothing about a leak, and hides a slow one.
 */
process.on('message', async () => {
  for (let round = 0; round < 2; round += 1) {
    globalThis.gc();
    // What finalizers free is freed afterwards.
    await new Promise(setImmediate);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send({ heap: heapUsed, external, rss, resources: process.getActiveResourcesInfo().length });
});
process.channel.unref();
