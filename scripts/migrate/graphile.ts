import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { databaseName, maintenanceUrl, otherDatabase } from '../../lib/connections/addresses.ts';
import type { DatabaseRole } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { committedMigrations, freeze, isReleased, projectFolder } from '../../lib/migrations/committed.ts';

/** Where graphile-migrate works: a checkout, and a database with the administrator's connection to it. */
export interface Work {
  database: { url(role: DatabaseRole): string };
  adminUrl: string;
  /** The folder with .gmrc, migrations/, functions/ and sql/. Default: this project. */
  root?: string;
  /** Without what graphile-migrate says. */
  quiet?: boolean;
}

/** The program that graphile-migrate's package names as its command. */
function program(): string {
  const manifest = createRequire(import.meta.url).resolve('graphile-migrate/package.json');
  return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin['graphile-migrate']);
}

/**
 * Runs graphile-migrate in a process of its own: its pools end the process when a connection breaks.
 * @throws ColloquyError CQ016 when it fails; what it says has been shown by then
 */
async function graphileMigrate(work: Work, args: string[]): Promise<void> {
  const shadow = shadowName(work);
  const child = spawn(process.execPath, [program(), ...args], {
    cwd: work.root ?? projectFolder,
    stdio: work.quiet ? 'ignore' : ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      DATABASE_URL: work.database.url('owner'),
      SHADOW_DATABASE_URL: otherDatabase(work.database.url('owner'), shadow),
      ROOT_DATABASE_URL: maintenanceUrl(work.adminUrl),
    },
  });
  // the child ends, and this process then puts away what it made
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const pass = (signal: NodeJS.Signals): boolean => child.kill(signal);
  for (const signal of signals) process.on(signal, pass);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  for (const signal of signals) process.off(signal, pass);
  if (code === 0) return;
  throw new ColloquyError(
    'CQ016',
    `graphile-migrate ${args[0]} ${code === null ? 'was interrupted' : 'failed'}; its own message is above.`,
    { hint: 'Correct the SQL in migrations/current/, and try again.' },
  );
}

const shadowName = (work: Work): string => `${databaseName(work.adminUrl).slice(0, 45)}_migrate_shadow`;

async function dropShadow(work: Work): Promise<void> {
  const client = new pg.Client({ connectionString: maintenanceUrl(work.adminUrl) });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(`drop database if exists ${pg.escapeIdentifier(shadowName(work))} with (force)`);
  } finally {
    await client.end();
  }
}

const committedFolder = (work: Work): string => join(work.root ?? projectFolder, 'migrations/committed');
const currentFolder = (work: Work): string => join(work.root ?? projectFolder, 'migrations/current');

/** The SQL files of a folder with their texts. */
function texts(folder: string): Map<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Makes a folder hold these SQL files and no others. */
function restore(folder: string, kept: Map<string, string>): void {
  for (const name of texts(folder).keys()) if (!kept.has(name)) rmSync(join(folder, name));
  for (const [name, text] of kept) {
    rmSync(join(folder, name), { force: true });
    writeFileSync(join(folder, name), text);
  }
}

/**
 * Makes the migration in hand a committed one, proved on an empty shadow database, and applies it.
 * @returns the new file's name
 */
export async function commit(work: Work, message: string | undefined): Promise<string> {
  const before = texts(currentFolder(work));
  const committed = texts(committedFolder(work));
  try {
    await graphileMigrate(work, ['commit', ...(message === undefined ? [] : ['--message', message])]);
  } catch (error) {
    // it would leave another text there
    restore(currentFolder(work), before);
    restore(committedFolder(work), committed);
    throw error;
  } finally {
    await dropShadow(work);
  }
  const made = readdirSync(committedFolder(work)).find(
    (name) => name.endsWith('.sql') && !committed.has(name),
  );
  if (!made) throw new Error('graphile-migrate committed without making a file');
  // it makes the file 440, which git cannot keep and an editor stumbles over
  chmodSync(join(committedFolder(work), made), 0o644);
  freeze(work.root);
  return made;
}

/**
 * Takes the last committed migration back into hand.
 * @returns the name that the file had
 * @throws ColloquyError CQ043 when a release has it
 */
export async function uncommit(work: Work): Promise<string> {
  const last = committedMigrations(work.root).at(-1)?.filename;
  if (last && isReleased(last, work.root)) {
    throw new ColloquyError('CQ043', `${last} belongs to a release: databases have it.`, {
      hint: 'Put what is to be changed into a new migration.',
    });
  }
  const before = texts(currentFolder(work));
  const committed = texts(committedFolder(work));
  try {
    await graphileMigrate(work, ['uncommit']);
  } catch (error) {
    restore(currentFolder(work), before);
    restore(committedFolder(work), committed);
    throw error;
  } finally {
    await dropShadow(work);
  }
  freeze(work.root);
  const left = texts(committedFolder(work));
  return [...committed.keys()].find((name) => !left.has(name)) ?? '';
}
