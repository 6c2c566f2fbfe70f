import { createWriteStream, existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ColloquyError } from '../../lib/errors.ts';
import { bareName } from '../backup/sealing.ts';
import type { BackupSet } from '../backup/set.ts';
import { runProgram } from '../programs.ts';
import type { RestoreFolder } from './folder.ts';
import { asNoRoom, type Program } from './programs.ts';
import { type BackupSource, readPart } from './source.ts';

const TABLESPACE = /^(\d+)\.tar(?:\.zst)?$/;

/** The sizes that a manifest names, together. */
export async function manifestSize(source: BackupSource, set: BackupSet): Promise<number> {
  const part = set.parts.find(({ name }) => bareName(name).startsWith('backup_manifest'));
  if (!part) return set.databaseSize;
  return await readPart(source, set, part, async (content) => {
    let bytes = 0;
    let rest = '';
    content.setEncoding('utf8');
    for await (const piece of content) {
      const text = rest + piece;
      const end = text.lastIndexOf('}');
      for (const [, size] of text.slice(0, end).matchAll(/"Size": (\d+)/g)) bytes += Number(size);
      rest = text.slice(end);
    }
    return bytes;
  });
}

/**
 * Unpacks a set into a folder, as the server's user, and proves it against its manifest, file by file.
 * @throws ColloquyError CQ626 when it is not what was written, CQ627 when there is no room
 */
export async function unpackSet(
  source: BackupSource,
  set: BackupSet,
  to: string,
  folder: RestoreFolder,
  run: Program,
  options: { signal?: AbortSignal | undefined; say: (text: string) => void },
): Promise<void> {
  const { signal, say } = options;
  const untar = async (part: BackupSet['parts'][number], into: string): Promise<void> => {
    await readPart(source, set, part, async (content) => {
      await runProgram('tar', ['--extract', '--file=-', `--directory=${into}`], {
        input: content,
        user: folder.user,
        ...(signal ? { signal } : {}),
      });
    });
  };
  try {
    for (const part of set.parts) {
      const name = bareName(part.name);
      const tablespace = TABLESPACE.exec(name)?.[1];
      if (/^base\.tar/.test(name)) await untar(part, to);
      else if (tablespace !== undefined) await untar(part, folder.make(join(`${to}.${tablespace}`)));
    }
    const log = set.parts.find(({ name }) => /^pg_wal\.tar/.test(name));
    if (log) await untar(log, join(to, 'pg_wal'));
    const manifest = set.parts.find(({ name }) => bareName(name).startsWith('backup_manifest'));
    if (!manifest)
      throw new ColloquyError('CQ626', `The set ${set.id} has no backup_manifest.`, {
        hint: 'Restore from another set.',
      });
    const path = join(to, 'backup_manifest');
    await readPart(source, set, manifest, (content) =>
      pipeline(content, createWriteStream(path, { mode: 0o600 })),
    );
    folder.own(path);
    await linkTablespaces(to);
  } catch (error) {
    throw asNoRoom(error, folder.path);
  }
  say(`Checking ${set.id} against its manifest`);
  try {
    await run('pg_verifybackup', ['--quiet', to]);
  } catch (error) {
    if (!(error instanceof ColloquyError) || error.code !== 'CQ605') throw error;
    throw new ColloquyError('CQ626', `The set ${set.id} is not what was backed up: ${error.message}`, {
      hint: 'Restore from another set (--set ID).',
      cause: error,
    });
  }
}

/** Tablespaces beside the data folder, and in it the links to them that a server makes of tablespace_map. */
async function linkTablespaces(to: string): Promise<void> {
  const map = join(to, 'tablespace_map');
  if (!existsSync(map)) return;
  for (const line of (await readFile(map, 'utf8')).split('\n')) {
    const oid = /^(\d+) /.exec(line)?.[1];
    if (oid) await symlink(`${to}.${oid}`, join(to, 'pg_tblspc', oid));
  }
}
