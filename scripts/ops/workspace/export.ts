import type { Writable } from 'node:stream';
import { FINDINGS, print, say } from '../../../lib/cli.ts';
import { env } from '../../../lib/env.ts';
import { openStorage } from '../../../lib/open-storage.ts';
import { programVersion } from '../../../lib/program-version.ts';
import { formatBytes } from '../../../lib/progress.ts';
import { recorded } from '../../../operations/run.ts';
import { type Exported, exportWorkspace } from '../../../operations/workspaces/export.ts';
import { intoFile } from '../../shared/into-file.ts';
import { openPrepared } from '../../shared/prepared-database.ts';
import { interruptible } from '../backup/shared.ts';

export interface ExportCommand {
  to: string;
  json?: boolean;
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
          storage: openStorage(env.DATA_DIR),
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
