import { bucketOf } from '../../lib/backup-settings.ts';
import { type Env, env } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { folderTarget } from './folder-target.ts';
import type { BackupTarget } from './target.ts';

/**
 * The target that BACKUP_TARGET names, or another one.
 * @throws ColloquyError CQ600 when there is none
 */
export async function openTarget(
  place: string | undefined = env.BACKUP_TARGET,
  settings: Env = env,
): Promise<BackupTarget> {
  if (place === undefined) {
    throw new ColloquyError('CQ600', 'There is no place for backups.', {
      hint: 'Set BACKUP_TARGET to a folder, or to s3://BUCKET/PREFIX (docs/operations/backup.md).',
    });
  }
  const bucket = bucketOf(place);
  if (bucket === undefined) return folderTarget(place);
  // a large library, which only those load that use it
  const { s3Target } = await import('./s3-target.ts');
  return s3Target({
    ...bucket,
    endpoint: settings.BACKUP_S3_ENDPOINT,
    region: settings.BACKUP_S3_REGION,
    accessKeyId: settings.BACKUP_S3_ACCESS_KEY_ID,
    secretAccessKey: settings.BACKUP_S3_SECRET_ACCESS_KEY,
  });
}
