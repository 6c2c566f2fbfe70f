import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { ColloquyError, describeError } from '../lib/errors.ts';
import { projectFolder } from '../lib/migrations.ts';
import { programVersion } from '../lib/program-version.ts';
import { findBinaries } from './postgres/acquire.ts';
import { makeReleaseDump } from './release-dump/dump.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const program = new Command('npm run release-dump --')
  .description(
    'Writes test/fixtures/releases/VERSION.sql.gz: a database of this version with rows in every table, which every later version is upgraded from in the tests.',
  )
  .option('--force', 'replace the dump of this version: only while it has not been released', false)
  .addHelpText(
    'after',
    `
It works on a server of its own: DATABASE_URL is not touched. VERSION is that of package.json.

Exit codes: 0 written, 1 could not, 2 wrong usage.`,
  )
  .allowExcessArguments(false)
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

try {
  const folder = join(projectFolder, 'test/fixtures/releases');
  const file = join(folder, `${programVersion}.sql.gz`);
  if (existsSync(file) && !program.opts<{ force: boolean }>().force) {
    throw new ColloquyError('CQ019', `There is a dump of ${programVersion} already.`, {
      hint: 'Raise the version in package.json first; --force replaces the dump of a version that is not released yet.',
    });
  }
  const dump = await makeReleaseDump(await findBinaries(say));
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, dump);
  process.stdout.write(
    `test/fixtures/releases/${programVersion}.sql.gz: ${Math.ceil(dump.length / 1024)} kB\n`,
  );
} catch (error) {
  say(describeError(error));
  process.exitCode = 1;
}
