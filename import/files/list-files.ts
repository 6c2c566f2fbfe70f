import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../lib/errors.ts';
import { type SkippedItem, skipped } from '../skipped.ts';
import { type IgnoreRules, isIgnored, rulesFor } from './gitignore.ts';

/** A regular file, with its path below the root as `a/b.md`. */
export interface FoundFile {
  kind: 'file';
  path: string;
  absolute: string;
}

/** Installed packages and caches: never the user's own words, and too many to list. */
const DEPENDENCIES = new Set(['node_modules', 'bower_components', '__pycache__', '.venv', 'venv']);
/** The one hidden folder in which people keep documents. */
const VISIBLE = new Set(['.github']);

/** Decides about one name without opening it; null when it is to be read or entered. */
function refuse(
  entry: Dirent,
  absolute: string,
  path: string,
  rules: IgnoreRules | null,
): SkippedItem | null {
  const name = entry.name;
  if (entry.isSymbolicLink()) return skipped(path, 'symlink', 'a symbolic link');
  if (entry.isDirectory()) {
    if (DEPENDENCIES.has(name)) return skipped(`${path}/`, 'ignored', 'a folder of dependencies');
    if (name.startsWith('.') && !VISIBLE.has(name)) return skipped(`${path}/`, 'hidden', 'a hidden folder');
    return isIgnored(rules, absolute, true) ? skipped(`${path}/`, 'ignored', 'excluded by .gitignore') : null;
  }
  if (!entry.isFile()) return skipped(path, 'unsupported', 'neither a file nor a folder');
  if (name.startsWith('.')) return skipped(path, 'hidden', 'a hidden file');
  return isIgnored(rules, absolute, false) ? skipped(path, 'ignored', 'excluded by .gitignore') : null;
}

/**
 * Every file below a folder, in the order of the names, so that two runs read alike. Symbolic links are not
 * followed: what they point to inside the folder is read in its own place, and outside is not ours to read.
 * @param prefix the path of `folder` below its root, '' or ending in '/'
 * @param above  the ignore rules of the folders above
 */
export async function* listFiles(
  folder: string,
  prefix: string,
  above: IgnoreRules | null,
): AsyncGenerator<FoundFile | SkippedItem> {
  const rules = await rulesFor(folder, above);
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    yield skipped(prefix, 'unreadable', errorCode(error) ?? String(error));
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const entry of entries) {
    if (entry.name === '.git') continue;
    const absolute = join(folder, entry.name);
    const path = prefix + entry.name.toWellFormed();
    const refused = refuse(entry, absolute, path, rules);
    if (refused) yield refused;
    else if (entry.isDirectory()) yield* listFiles(absolute, `${path}/`, rules);
    else yield { kind: 'file', path, absolute };
  }
}
