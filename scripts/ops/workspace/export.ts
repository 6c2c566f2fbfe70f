import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { FINDINGS, print, say, UsageError } from '../../../lib/cli.ts';
import { env } from '../../../lib/env.ts';
import { errorCode } from '../../../lib/errors.ts';
import { programVersion } from '../../../lib/program-version.ts';
import { formatBytes } from '../../../lib/progress.ts';
import { filesFolder, localStorage } from '../../../lib/storage.ts';
import { syncFolder } from '../../../lib/sync-folder.ts';
import { recorded } from '../../../operations/run.ts';
import { type Exported, exportWorkspace } from '../../../operations/workspaces/export.ts';
import { openPrepared } from '../../shared/prepared-database.ts';
import { interruptible } from '../backup/shared.ts';

export interface ExportCommand {
  to: string;
  json?: boolean;
}

/** A file that is there only when it is whole, and never in the place of another. */
async function intoFile<T>(to: string, work: (target: Writable) => Promise<T>): Promise<T> {
  const half = `${to}.${randomUUID().slice(0, 8)}.half`;
  try {
    const result = await work(createWriteStream(half, { flags: 'wx', mode: 0o600, flush: true }));
    try {
      await link(half, to);
    } catch (error) {
      if (errorCode(error) === 'EEXIST')
        throw new UsageError('CQ200', `${to} is there already.`, {
          hint: 'Give another name, or remove it.',
        });
      // a file system without hard links
      await rename(half, to);
    }
    await syncFolder(dirname(to));
    return result;
  } finally {
    await rm(half, { force: true });
  }
}

export async function exportCommand(id: string, { to, json }: ExportCommand): Promise<void> {
  const { database } = await openPrepared(env.DATA_DIR, 'backup');
  // the standard output has the archive
  const tell = to === '-' ? say : print;
  let shown = Date.now();
  let read = 0;
  try {
    const exported = await interruptible(async (signal) => {
      const work = (target: Writable): Promise<Exported> =>
        exportWorkspace(database, id, target, {
          storage: localStorage(filesFolder(env.DATA_DIR)),
          version: programVersion,
          signal,
          onRows(table, rows) {
            read += rows;
            if (Date.now() - shown < 5_000) return;
            shown = Date.now();
            say(`${read} rows, at ${table}`);
          },
        });
      const made = await (to === '-' ? work(process.stdout) : intoFile(to, work));
      await recorded(database.pool('backup'), 'workspace-export', async () => ({
        details: {
          workspace: id,
          archive: made.manifest.id,
          rows: made.manifest.rows,
          bytes: made.manifest.bytes,
        },
      }));
      return made;
    });
    const { manifest, rows, missingFiles } = exported;
    if (json)
      tell(
        JSON.stringify({ workspace: id, archive: manifest.id, bytes: manifest.bytes, rows, missingFiles }),
      );
    else {
      tell(
        `${manifest.rows} rows, ${formatBytes(manifest.bytes)} of workspace ${id} are in ${to === '-' ? 'the archive' : to}.`,
      );
      if (missingFiles.length > 0)
        tell(
          `The bytes of ${missingFiles.length} files are not in the storage: ${missingFiles.slice(0, 3).join(', ')}`,
        );
    }
    if (missingFiles.length > 0) process.exitCode = FINDINGS;
  } finally {
    await database.close();
  }
}
