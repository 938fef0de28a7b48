import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Disk, systemDisk } from './json/disk.ts';

/**
 * Creates a folder and its missing parents, durably. One by one, because Node's recursive mkdir never returns where
 * nothing can be created, as below `/proc`.
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
