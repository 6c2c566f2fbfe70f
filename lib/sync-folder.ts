import { open } from 'node:fs/promises';

/** A name that is there after a power cut needs its folder on the disk as well. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
