import { relative } from 'node:path';
import { queues } from '../jobs/registry.ts';
import { REFERENCE_FOLDER } from '../lib/catalogue-reference.ts';
import { exitCodesHelp, FINDINGS, makeCommand, print, runCommand, say } from '../lib/cli.ts';
import { serverDatabase } from '../lib/database.ts';
import { migrateDatabase, projectFolder } from '../lib/migrations.ts';
import { differing, diffFiles, type Files, PICTURE_FOLDER, readFiles, writeFiles } from './picture/files.ts';
import { makePicture, makeReference } from './picture/picture.ts';
import { findBinaries } from './postgres/acquire.ts';
import { scratchServer } from './postgres/scratch.ts';

const program = makeCommand(
  'npm run picture --',
  'Writes sql/schema/, the schema in words that can be reviewed, and sql/reference/, which the doctor compares with, from a database migrated from zero.',
)
  .option('--check', 'write nothing; show what differs and fail', false)
  .addHelpText(
    'after',
    `
It works on a server of its own: DATABASE_URL is not touched.
${exitCodesHelp('out of date (--check)')}`,
  )
  .allowExcessArguments(false)
  .parse();

const { check } = program.opts<{ check: boolean }>();

/** What the committed migrations make, by folder. */
async function generate(): Promise<[folder: string, files: Files][]> {
  const binaries = await findBinaries(say);
  const scratch = await scratchServer(binaries);
  try {
    const database = serverDatabase(scratch.server.url);
    try {
      await migrateDatabase(database, queues);
    } finally {
      await database.close();
    }
    const { url } = scratch.server;
    return [
      [PICTURE_FOLDER, await makePicture(url, binaries)],
      [REFERENCE_FOLDER, await makeReference(url)],
    ];
  } finally {
    await scratch.stop();
  }
}

await runCommand(async () => {
  const changed: string[] = [];
  for (const [folder, files] of await generate()) {
    const name = relative(projectFolder, folder);
    if (!check) changed.push(...writeFiles(folder, files).map((path) => `${name}/${path}`));
    else if (differing(readFiles(folder), files).length > 0) {
      print(await diffFiles(folder, files));
      say(`${name}/ is out of date.\n  → npm run picture, and commit what it writes.`);
      process.exitCode = FINDINGS;
    }
  }
  if (changed.length > 0) print(changed.join('\n'));
  else if (process.exitCode === undefined) print('sql/schema/ and sql/reference/ are up to date.');
});
