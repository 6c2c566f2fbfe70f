import { hash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { errorCode } from '../../lib/errors.ts';

/** What was unpacked into a folder, and how each file must look. */
export interface IntegrityRecord {
  format: 1;
  suite: string;
  /** Package and version. */
  packages: Record<string, string>;
  /** Where the server reads time zones: the host's, or the ones that were unpacked with it. */
  zoneinfo: 'host' | 'own';
  /** Relative path: 'sha256:…' of a file, 'link:…' of a symbolic link. */
  files: Record<string, string>;
}

export const RECORD_FILE = 'integrity.json';

/** Read as a whole: the largest has 33 MB, and a stream for each of a thousand small ones took three times as long. */
async function fingerprint(path: string): Promise<string> {
  return `sha256:${hash('sha256', await readFile(path), 'hex')}`;
}

/** The fingerprint of every file and link below a folder, except the record itself. */
export async function fingerprints(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => ({ path: join(entry.parentPath, entry.name), link: entry.isSymbolicLink() }))
    .filter(({ path }) => path !== join(root, RECORD_FILE))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const found: [string, string][] = [];
  const queue = [...paths.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, { path, link }] = next;
      found[index] = [relative(root, path), link ? `link:${await readlink(path)}` : await fingerprint(path)];
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return Object.fromEntries(found);
}

export function writeRecord(root: string, record: IntegrityRecord): void {
  const draft = join(root, `${RECORD_FILE}.new`);
  writeFileSync(draft, `${JSON.stringify(record, null, 1)}\n`, { mode: 0o644 });
  renameSync(draft, join(root, RECORD_FILE));
}

/** The record of a folder, or undefined when there is none or it cannot be read as one. */
export function readRecord(root: string): IntegrityRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(root, RECORD_FILE), 'utf8')) as IntegrityRecord;
    return record.format === 1 && typeof record.files === 'object' ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Compares a folder with its record. An empty list means that every file is as it was unpacked. */
export async function damage(root: string, record: IntegrityRecord): Promise<string[]> {
  const now = await fingerprints(root);
  const problems: string[] = [];
  for (const [path, expected] of Object.entries(record.files)) {
    if (!(path in now)) problems.push(`${path} is missing`);
    else if (now[path] !== expected) problems.push(`${path} was changed`);
  }
  for (const path of Object.keys(now)) if (!(path in record.files)) problems.push(`${path} was added`);
  return problems;
}
