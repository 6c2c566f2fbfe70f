import { queues } from '../jobs/registry.ts';
import { exitCodesHelp, FINDINGS, makeCommand, print, runCommand, say } from '../lib/cli.ts';
import { serverDatabase } from '../lib/database.ts';
import { migrateDatabase } from '../lib/migrations.ts';
import { differing, diffFiles, PICTURE_FOLDER, readFiles, writeFiles } from './picture/files.ts';
import { makePicture } from './picture/picture.ts';
import { findBinaries } from './postgres/acquire.ts';
import { scratchServer } from './postgres/scratch.ts';

const program = makeCommand(
  'npm run picture --',
  'Writes sql/schema/, the schema in words that can be reviewed, from a database migrated from zero.',
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

/** The picture that the committed migrations make. */
async function generate(): Promise<Map<string, string>> {
  const binaries = await findBinaries(say);
  const scratch = await scratchServer(binaries);
  try {
    const database = serverDatabase(scratch.server.url);
    try {
      await migrateDatabase(database, queues);
    } finally {
      await database.close();
    }
    return await makePicture(scratch.server.url, binaries);
  } finally {
    await scratch.stop();
  }
}

await runCommand(async () => {
  const files = await generate();
  if (!check) {
    const changed = writeFiles(PICTURE_FOLDER, files);
    print(
      changed.length === 0
        ? 'sql/schema/ is up to date.'
        : changed.map((path) => `sql/schema/${path}`).join('\n'),
    );
  } else if (differing(readFiles(PICTURE_FOLDER), files).length === 0) {
    print('sql/schema/ is up to date.');
  } else {
    print(await diffFiles(PICTURE_FOLDER, files));
    say('sql/schema/ is out of date.\n  → npm run picture, and commit what it writes.');
    process.exitCode = FINDINGS;
  }
});
