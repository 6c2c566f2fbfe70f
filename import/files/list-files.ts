import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { errorCode } from '../../lib/errors.ts';
import { type SkippedItem, skipped } from '../skipped.ts';
import { findCheckout } from './git-checkout.ts';
import { type TrackedFiles, trackedFiles } from './git-index.ts';
import { type IgnoreRules, isIgnored, rulesFor } from './gitignore.ts';
import { type Links, readableName } from './names.ts';

/** A regular file, with its path below the root as `a/b.md`. */
export interface FoundFile {
  kind: 'file';
  path: string;
  absolute: string;
}

/** A working copy of another repository inside the folder: a submodule, mostly. What follows below it is its. */
export interface FoundCheckout {
  kind: 'checkout';
  absolute: string;
}

/** Where a walk is. */
export interface Place {
  folder: string;
  /** The same with readable names: what rules and paths are counted by. */
  named: string;
  /** The path below the root, '' or ending in '/'. */
  prefix: string;
  rules: IgnoreRules | null;
  /** What git keeps of the checkout that it lies in. */
  checkout: { root: string; tracked: TrackedFiles } | null;
  /** Git ignores this folder, so only what it keeps nevertheless is read. */
  onlyTracked: boolean;
}

/** Installed packages and caches: never the user's own words, and too many to list. */
const DEPENDENCIES = new Set(['node_modules', 'bower_components', '__pycache__', '.venv', 'venv']);
/** They come first: other files of an export belong to them. */
const CONVERSATIONS = /^conversations(?:-\d+)?\.json$/;
/** The one hidden folder in which people keep documents. */
const VISIBLE = new Set(['.github']);

/** Whether git keeps something, whatever its rules say. */
function isTracked({ checkout }: Place, named: string, isFolder: boolean): boolean {
  if (checkout === null) return false;
  const path = relative(checkout.root, named).split(sep).join('/');
  return (isFolder ? checkout.tracked.folders : checkout.tracked.files).has(path);
}

/** Decides about one name without opening it; null when it is to be read or entered. */
function refuse(entry: Dirent<Buffer>, name: string, named: string, place: Place): SkippedItem | null {
  const path = place.prefix + name;
  const excluded = (isFolder: boolean) =>
    (place.onlyTracked || isIgnored(place.rules, named, isFolder)) && !isTracked(place, named, isFolder)
      ? skipped(isFolder ? `${path}/` : path, 'ignored', 'excluded by .gitignore')
      : null;
  if (entry.isSymbolicLink()) return skipped(path, 'symlink', 'a symbolic link');
  if (entry.isDirectory()) {
    if (DEPENDENCIES.has(name)) return skipped(`${path}/`, 'ignored', 'a folder of dependencies');
    if (name.startsWith('.') && !VISIBLE.has(name)) return skipped(`${path}/`, 'hidden', 'a hidden folder');
    return excluded(true);
  }
  if (!entry.isFile()) return skipped(path, 'unsupported', 'neither a file nor a folder');
  if (name.startsWith('.')) return skipped(path, 'hidden', 'a hidden file');
  return excluded(false);
}

/** Where a walk is inside another repository, whose rules are its own. */
async function inCheckout(place: Place): Promise<Place | null> {
  const found = await findCheckout(place.folder);
  if (found?.root !== place.folder) return null;
  return {
    ...place,
    rules: await rulesFor(place.named, null, join(found.gitFolder, 'info', 'exclude')),
    checkout: { root: place.named, tracked: await trackedFiles(found.ownFolder, found.gitFolder) },
    onlyTracked: false,
  };
}

/**
 * Every file below a folder, in the order of the names (the conversations of an export first), so that two runs read alike. Symbolic links are not
 * followed: what they point to inside the folder is read in its own place, and outside is not ours to read.
 */
export async function* listFiles(
  place: Place,
  links: Links,
  isTop = true,
): AsyncGenerator<FoundFile | FoundCheckout | SkippedItem> {
  let entries: Dirent<Buffer>[];
  try {
    entries = await readdir(place.folder, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    yield skipped(place.prefix, 'unreadable', errorCode(error) ?? String(error));
    return;
  }
  const nested =
    !isTop && entries.some(({ name }) => name.toString() === '.git') ? await inCheckout(place) : null;
  if (nested !== null) yield { kind: 'checkout', absolute: place.folder };
  const at = nested ?? place;
  const rules = await rulesFor(at.named, at.rules, join(at.folder, '.gitignore'));
  const here = { ...at, rules };
  const named = entries.map((entry) => ({ entry, name: readableName(entry.name) }));
  named.sort(
    (a, b) =>
      Number(CONVERSATIONS.test(b.name)) - Number(CONVERSATIONS.test(a.name)) ||
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  for (const { entry, name } of named) {
    if (name === '.git') continue;
    const readable = join(here.named, name);
    const refused = refuse(entry, name, readable, here);
    if (refused) {
      yield refused;
      continue;
    }
    const isPlain = entry.name.equals(Buffer.from(name));
    const absolute = isPlain ? join(here.folder, name) : await links.to(here.folder, entry.name);
    const path = here.prefix + name;
    if (entry.isDirectory()) {
      const onlyTracked = here.onlyTracked || isIgnored(rules, readable, true);
      yield* listFiles(
        { ...here, folder: absolute, named: readable, prefix: `${path}/`, onlyTracked },
        links,
        false,
      );
    } else yield { kind: 'file', path, absolute };
  }
}
