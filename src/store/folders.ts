import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Disk, systemDisk } from './json/disk.ts';

/**
 * Makes a folder and what is missing above it, durably. One by one: Node's recursive mkdir never returns where a folder
 * can be seen and nothing made in it, as below `/proc`.
 */
export async function makeFolder(
  folder: string,
  disk: Pick<Disk, 'mkdir' | 'fsyncFolder'> = systemDisk,
): Promise<void> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent, disk);
  await disk.mkdir(folder);
  await disk.fsyncFolder(parent);
}
