import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FINDINGS, print, say, table } from '../../../lib/cli.ts';
import { env } from '../../../lib/env.ts';
import { openStorage } from '../../../lib/open-storage.ts';
import { recorded } from '../../../operations/run.ts';
import { type Imported, importWorkspace } from '../../../operations/workspaces/import.ts';
import { openPrepared } from '../../shared/prepared-database.ts';
import { interruptible } from '../backup/shared.ts';
import { stagingFolder } from '../staging.ts';

export interface ImportCommand {
  owner?: string;
  name?: string;
  again?: boolean;
  trustUnverified?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** An archive is read several times: what comes by the standard input lies in a file for the while. */
async function withFile<T>(
  file: string,
  signal: AbortSignal,
  work: (path: string) => Promise<T>,
): Promise<T> {
  if (file !== '-') return work(file);
  await mkdir(stagingFolder(), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(stagingFolder(), 'import-'));
  try {
    const path = join(folder, 'archive.tar.gz');
    await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }), { signal });
    return await work(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function show(imported: Imported, isDry: boolean): void {
  const { from, people, rows, vectors, workspaceId, files, missingFiles } = imported;
  print(
    isDry
      ? `The workspace ${from.name} (${from.workspaceId}) would come in. Nothing was changed.`
      : `The workspace ${from.name} (${from.workspaceId}) is here as ${workspaceId}.`,
  );
  print(
    table(
      Object.entries(rows).map(([name, count]) => [name, String(count)]),
      { numbers: true },
    ),
  );
  print(
    `People: ${people.joined.length} have an account here, for ${people.made.length} one ${isDry ? 'would be' : 'was'} made.`,
  );
  if (people.made.length > 0)
    print(
      `  ${people.made.slice(0, 20).join(', ')}${people.made.length > 20 ? ' …' : ''}: they ask for a new password (requestPasswordReset).`,
    );
  print(
    `Vectors: ${vectors.kept} came along; ${vectors.remade} are of models that are not here, and the worker makes them anew.`,
  );
  print(`Files: ${files} with their bytes${missingFiles > 0 ? `, ${missingFiles} without` : ''}.`);
}

export async function importCommand(file: string, options: ImportCommand): Promise<void> {
  const { database } = await openPrepared(env.DATA_DIR, 'owner');
  let shown = Date.now();
  let written = 0;
  const { json, dryRun, ...rest } = options;
  try {
    const imported = await interruptible((signal) =>
      withFile(file, signal, async (path) => {
        const work = (): Promise<Imported> =>
          importWorkspace(database, path, {
            ...rest,
            dryRun,
            storage: openStorage(env.DATA_DIR),
            signal,
            onRows(name, rows) {
              written += rows;
              if (Date.now() - shown < 5_000) return;
              shown = Date.now();
              say(`${written} rows, at ${name}`);
            },
          });
        if (dryRun) return work();
        const { imported } = await recorded(database.pool('worker'), 'workspace-import', async () => {
          const imported = await work();
          const { workspaceId, from, rows } = imported;
          return {
            imported,
            details: {
              workspace: workspaceId,
              source: from.workspaceId,
              rows: Object.values(rows).reduce((a, b) => a + b, 0),
            },
          };
        });
        return imported;
      }),
    );
    if (json) print(JSON.stringify({ dryRun: dryRun ?? false, ...imported }));
    else show(imported, dryRun ?? false);
    if (imported.missingFiles > 0) process.exitCode = FINDINGS;
  } finally {
    await database.close();
  }
}
