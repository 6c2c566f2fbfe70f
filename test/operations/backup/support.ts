import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { projectFolder } from '../../../lib/migrations.ts';
import { withClient } from '../../tools/postgres/support.ts';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `npm run ops --` without npm, begun. */
export function startOps(
  args: readonly string[],
  variables: Record<string, string>,
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['scripts/ops.ts', ...args], {
    cwd: projectFolder,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (piece) => (ended.stdout += piece));
  child.stderr!.setEncoding('utf8').on('data', (piece) => (ended.stderr += piece));
  return {
    child,
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ ...ended, code }))),
  };
}

/** `npm run ops --` to its end. */
export const ops = (args: readonly string[], variables: Record<string, string>): Promise<Ended> =>
  startOps(args, variables).ended;

/** Every file below a folder, relative to it, in order. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

export const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Has somebody store a file: its row and its bytes. Returns its path in the storage. */
export async function storeFile(url: string, dataDir: string, content: string): Promise<string> {
  const hash = sha256(content);
  const path = await withClient(url, async (client) => {
    const { rows } = await client.query(
      `with someone as (
         insert into app_public.users (email) values ('someone@example.org')
         on conflict (email) do update set email = excluded.email returning id
       ), place as (
         insert into app_public.workspaces (name, slug) values ('Shared', 'shared')
         on conflict (slug) do update set name = excluded.name returning id
       )
       insert into app_public.files (workspace_id, owner_id, original_name, mime_type, byte_size, sha256)
       select place.id, someone.id, 'a.txt', 'text/plain', $2, decode($1, 'hex') from someone, place
       returning storage_path`,
      [hash, Buffer.byteLength(content)],
    );
    return rows[0].storage_path as string;
  });
  const file = join(dataDir, 'files', path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return path;
}
