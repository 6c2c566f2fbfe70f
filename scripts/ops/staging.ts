import { join } from 'node:path';
import { env } from '../../lib/env.ts';

/** Where what is on its way from or to a target may lie. */
export const stagingFolder = (): string => env.BACKUP_STAGING_DIR ?? join(env.DATA_DIR, 'backup-staging');
