import { env } from '../../lib/env.ts';
import { openTarget } from '../backup/open-target.ts';
import { type ErasureStore, erasureFolder, erasuresOfTarget } from './list.ts';

/** Where this installation keeps its list of erasures: the data folder, and beside the backups where they have a place. */
export async function erasureStores(): Promise<ErasureStore[]> {
  const stores = [erasureFolder(env.DATA_DIR)];
  if (env.BACKUP_TARGET !== undefined) stores.push(erasuresOfTarget(await openTarget()));
  return stores;
}
