#!/usr/bin/env node
// Plain JavaScript without static imports, so that an old Node.js can say what is wrong instead of failing to parse.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(
    `pollhook needs Node.js 24.15 or newer; this is ${process.versions.node} (${process.execPath}).`,
  );
  console.error('Install a newer one from https://nodejs.org, or use the container image.');
  process.exit(1);
}

const daemon = process.argv[2] === 'run';

// As process 1 of a container a signal that nobody listens to is lost. Until the daemon listens, there is nothing to stop,
// and nothing to read again; another command that is interrupted has not done what it was asked for.
const leave = () => process.exit(daemon ? 0 : 1);
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, leave);
if (daemon) process.on('SIGHUP', () => {});

// A log that nobody reads (`| head`), or whose disk is full, must not end the daemon in the middle of its work. Whatever else
// prints has nobody to print for: it ends in order if it can.
let cut = false;
process.stderr.on('error', () => {});
process.stdout.on('error', (error) => {
  if (daemon || cut) return;
  cut = true;
  const code = error.code === 'EPIPE' ? 0 : 1;
  if (code === 1) console.error(`pollhook: the output cannot be written: ${error.message}`);
  if (code === 1 || process.listeners('SIGTERM').includes(leave)) process.exit(code);
  process.emit('SIGTERM', 'SIGTERM');
});

const { existsSync } = await import('node:fs');
// In the repository the sources run as they are; a published package has them compiled, since Node.js strips no types
// under node_modules.
const source = new URL('../src/cli/main.ts', import.meta.url);
const { main } = await import(
  existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href
);
process.exitCode = await main(process.argv.slice(2));
// Lines that wait for a reader who does not read would keep a daemon that has stopped for ever.
if (daemon) setTimeout(() => process.exit(), 1000).unref();
