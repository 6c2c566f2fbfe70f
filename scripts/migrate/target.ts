import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Database, openDatabase, serverDatabase } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { markAsDevelopment } from './mark.ts';

export type Say = (text: string) => void;

/** The folder of the embedded database inside the data folder. */
export const embeddedFolder = (dataDir: string): string => join(resolve(dataDir), 'postgres');

/**
 * The database to look at, without making one: undefined when there is no DATABASE_URL and nothing in the data folder.
 * One that another process has open is reached through that process.
 */
export async function existingDatabase(dataDir: string): Promise<Database | undefined> {
  if (!env.DATABASE_URL && !existsSync(join(embeddedFolder(dataDir), 'PG_VERSION'))) return undefined;
  return openDatabase({ dataDir, join: true });
}

/** A real server's database to work on, with what graphile-migrate needs beside it. */
export interface Workplace {
  database: Database;
  /** The administrator, in that database. */
  adminUrl: string;
  close(): Promise<void>;
}

function workplace(
  database: Database,
  adminUrl: string,
  end: () => Promise<void> = async () => {},
): Workplace {
  return {
    database,
    adminUrl,
    async close() {
      await database.close();
      await end();
    },
  };
}

async function given(url: string): Promise<Workplace> {
  return workplace(await openDatabase(), url);
}

/** DATABASE_URL; else a server that lives for this command: what is committed does not depend on any data. */
export async function committingPlace(say: Say): Promise<Workplace & { isScratch: boolean }> {
  if (env.DATABASE_URL) return { ...(await given(env.DATABASE_URL)), isScratch: false };
  // developers' tools, which an installed copy does not have
  const { findBinaries } = await import('../../tools/postgres/acquire.ts');
  const { scratchServer } = await import('../../tools/postgres/scratch.ts');
  const scratch = await scratchServer(await findBinaries(say));
  const { url } = scratch.server;
  const database = serverDatabase(url, {}, 'a scratch server of its own, because DATABASE_URL is not set');
  return { ...workplace(database, url, () => scratch.stop()), isScratch: true };
}

/** DATABASE_URL; else the development server of `npm run postgres`, which is started, and stays. */
export async function watchingPlace(
  say: Say,
  prepare: (database: Database) => Promise<unknown>,
): Promise<Workplace> {
  if (env.DATABASE_URL) return given(env.DATABASE_URL);
  const { developmentDir, startDevelopment } = await import('../../tools/postgres/development.ts');
  const { server } = await startDevelopment(await developmentDir(), { say });
  const database = serverDatabase(
    server.url,
    {},
    `the development server on 127.0.0.1:${server.port}, because DATABASE_URL is not set`,
  );
  await prepare(database);
  await markAsDevelopment(database);
  return workplace(database, server.url);
}
