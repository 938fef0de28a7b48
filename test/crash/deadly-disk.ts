import { type Disk, systemDisk } from '../../src/store/json/disk.ts';

/** At which operation on disk, counted from 1, the process dies. `within`: of the writes, when half of it is done. */
export interface Death {
  readonly at: number;
  readonly when: 'before' | 'within' | 'after';
}

/** The disk of the system, on which the process kills itself at one of the operations. */
export function deadlyDisk({ at, when }: Death): Disk {
  let count = 0;

  function deadly<A extends unknown[], T>(
    operation: (...args: A) => Promise<T>,
    half?: (...args: A) => Promise<unknown>,
  ): (...args: A) => Promise<T> {
    return async (...args) => {
      if (when !== 'within' || half) count += 1;
      const dies = count === at;
      if (dies && when === 'before') return die();
      if (dies && when === 'within') {
        await half?.(...args);
        return die();
      }
      const result = await operation(...args);
      if (dies) return die();
      return result;
    };
  }

  const disk = systemDisk;
  return {
    mkdir: deadly(disk.mkdir),
    create: deadly(disk.create),
    openAppend: deadly(disk.openAppend),
    write: deadly(disk.write, (file, data) => {
      const whole = Buffer.concat(data);
      return disk.write(file, [whole.subarray(0, whole.length >> 1)]);
    }),
    truncate: deadly(disk.truncate),
    fsync: deadly(disk.fsync),
    fdatasync: deadly(disk.fdatasync),
    close: deadly(disk.close),
    rename: deadly(disk.rename),
    unlink: deadly(disk.unlink),
    fsyncFolder: deadly(disk.fsyncFolder),
  };
}

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}
