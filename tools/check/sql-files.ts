import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../lib/errors.ts';

export type SqlFile = {
  /** Relative to the root of the project, with forward slashes. */
  path: string;
  text: string;
};

export type SqlFiles = {
  /** History, oldest first. */
  committed: SqlFile[];
  /** The migration in hand, in the order in which it is run. */
  current: SqlFile[];
  /** The code that can be run again. */
  functions: SqlFile[];
};

/** Reads every SQL file that the lints look at. A folder that does not exist counts as empty. */
export async function readSqlFiles(root: string): Promise<SqlFiles> {
  const [committed, current, functions] = await Promise.all([
    readFolder(root, 'migrations/committed'),
    readFolder(root, 'migrations/current'),
    readFolder(root, 'functions'),
  ]);
  return {
    committed: committed.sort(byNumber),
    current: current.sort(byNumber),
    functions,
  };
}

async function readFolder(root: string, folder: string): Promise<SqlFile[]> {
  const paths = (await listFolder(join(root, folder)))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.sql'))
    .sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })));
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Migrations run in the order of their leading numbers: 2-b.sql comes before 10-a.sql. */
function byNumber(left: SqlFile, right: SqlFile): number {
  return leadingNumber(left) - leadingNumber(right) || left.path.localeCompare(right.path, 'en');
}

function leadingNumber(file: SqlFile): number {
  return Number.parseInt(file.path.split('/').at(-1) ?? '', 10) || 0;
}
