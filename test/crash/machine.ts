import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from './places.ts';

/** What an answer to "may this be tried here?" is: false if it may, else why not, in plain words. */
export type Obstacle = string | false;

/** Runs a command to its end and gives what it said; throws that if it was not good. */
export function command(name: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(name, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
  return stdout;
}

export function without(...tools: readonly string[]): Obstacle {
  const missing = tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
  return missing.length > 0 && `this machine has no ${missing.join(', ')}`;
}

/** Some containers have the tool and forbid what it does. */
export function withoutTracing(): Obstacle {
  const obstacle = without('strace');
  if (obstacle) return obstacle;
  const traced = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
  return !traced && 'this machine does not permit tracing';
}

export function withoutMemoryDisks(): Obstacle {
  using place = scratch();
  try {
    command('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place.path);
    command('umount', place.path);
    return false;
  } catch (error) {
    return `this machine does not permit to mount a tmpfs (${String(error)})`;
  }
}

/** A disk whose power can be cut: an ext4 file system of its own, in a file. */
export interface Volume extends Disposable {
  readonly path: string;
  /**
   * From now on nothing reaches the disk, and what was not synced is lost. Gives the second of the monotonic clock at which
   * that began: the kernel may call a sync done that was under way just then and came to nothing.
   */
  cutPower(): number;
  /** Mounts it again, as a machine does that starts after a power cut. */
  restart(): void;
}

const MEGABYTES = 48;
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH, from linux/fs/ext4/ext4.h: the journal is not flushed. */
const SHUTDOWN = `
import fcntl, os, struct, sys, time
disk = os.open(sys.argv[1], os.O_RDONLY)
print(repr(time.monotonic()))
fcntl.ioctl(disk, 0x8004587d, struct.pack('I', 2))`;

/** @param options for mount, as `noauto_da_alloc` */
export function createVolume(options: string): Volume {
  const place = scratch();
  const [image, path] = [join(place.path, 'image'), join(place.path, 'volume')];
  const mount = () => command('mount', '-o', `loop${options && `,${options}`}`, image, path);
  mkdirSync(path);
  command('truncate', '-s', `${MEGABYTES}M`, image);
  command('mkfs.ext4', '-q', '-F', image);
  mount();
  return {
    path,
    cutPower: () => Number(command('python3', '-c', SHUTDOWN, path)),
    restart() {
      command('umount', path);
      mount();
    },
    [Symbol.dispose]() {
      command('umount', path);
      place[Symbol.dispose]();
    },
  };
}

export function withoutVolumes(): Obstacle {
  const obstacle = without('mkfs.ext4', 'mount', 'umount', 'python3');
  if (obstacle) return obstacle;
  try {
    using volume = createVolume('');
    volume.cutPower();
    volume.restart();
    return false;
  } catch (error) {
    return `this machine does not permit simulated power cuts (${String(error)})`;
  }
}
