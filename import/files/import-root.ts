import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../../lib/cli.ts';
import { errorCode } from '../../lib/errors.ts';
import type { Metadata } from '../items.ts';
import type { ReadSettings } from '../options.ts';
import { type SkippedItem, skipped } from '../skipped.ts';
import { type Checkout, fileAddress, findCheckout } from './git-checkout.ts';
import { type TrackedFiles, trackedFiles } from './git-index.ts';
import { type IgnoreRules, isIgnored, rulesFor } from './gitignore.ts';
import { areParts, isZip, series, type ZipPart, zipPart } from './zip/parts.ts';

/** One path that was given, and what its files are called. */
export interface ImportRoot {
  kind: 'folder' | 'file' | 'zip';
  absolute: string;
  /** The folder that paths are counted from: the top of the checkout, else the folder itself. */
  base: string;
  name: string;
  /** Null when a name was given, which then counts instead. */
  url: string | null;
  checkout: Checkout | null;
  /** The rules of the folders between `base` and `absolute`. */
  rules: IgnoreRules | null;
  /** What git keeps of the checkout. */
  tracked: TrackedFiles | null;
  /** Paths below `base` of files that are reached by another path, since their names cannot be written. */
  aliases: Map<string, string>;
  /** What tells it from another of the same name: its own folder, or the ZIP that it was unpacked from. */
  place: string;
  /** Of a `zip`: it, and the numbered parts that were given with it. */
  parts: ZipPart[];
  /** How many ZIPs it was unpacked from, one inside the other. */
  depth: number;
}

function below(base: string, path: string): string {
  return relative(base, path).split(sep).join('/').toWellFormed();
}

/** Folder by folder from `base` down to `folder`; null rules as well when git ignores `folder` itself. */
async function rulesAbove(
  checkout: Checkout,
  folder: string,
): Promise<{ rules: IgnoreRules | null; ignored: boolean }> {
  let rules = await rulesFor(checkout.root, null, join(checkout.gitFolder, 'info', 'exclude'));
  let at = checkout.root;
  for (const part of relative(checkout.root, folder).split(sep).filter(Boolean)) {
    rules = await rulesFor(at, rules);
    at = join(at, part);
    if (isIgnored(rules, at, true)) return { rules: null, ignored: true };
  }
  return { rules, ignored: false };
}

/** A ZIP, named as what it would become if it were unpacked by hand: its one folder, else a folder of its own name. */
async function zipRoot(absolute: string, settings: ReadSettings): Promise<ImportRoot> {
  const part = await zipPart(absolute, settings);
  return {
    kind: 'zip',
    absolute,
    base: absolute,
    name: settings.name ?? part.name,
    url: null,
    checkout: null,
    rules: null,
    tracked: null,
    aliases: new Map(),
    place: absolute,
    parts: [part],
    depth: 0,
  };
}

/** What was unpacked into a folder. It belongs to no checkout around that folder. */
export async function unpackedRoot(
  folder: string,
  { name, place, depth }: Pick<ImportRoot, 'name' | 'place' | 'depth'>,
  settings: ReadSettings,
): Promise<ImportRoot> {
  const checkout = await findCheckout(folder, folder);
  return {
    kind: 'folder',
    absolute: folder,
    base: folder,
    name,
    url: settings.name === undefined ? (checkout?.url ?? null) : null,
    checkout,
    rules: checkout && (await rulesFor(folder, null, join(checkout.gitFolder, 'info', 'exclude'))),
    tracked: checkout && (await trackedFiles(checkout.ownFolder, checkout.gitFolder)),
    aliases: new Map(),
    place,
    parts: [],
    depth,
  };
}

async function resolveImportRoot(given: string, settings: ReadSettings): Promise<ImportRoot | SkippedItem> {
  try {
    const absolute = await realpath(resolve(given));
    const found = await stat(absolute);
    if (!found.isDirectory() && !found.isFile())
      return skipped(given, 'unsupported', 'neither a file nor a folder');
    if (found.isFile() && isZip(absolute)) return await zipRoot(absolute, settings);
    const folder = found.isDirectory() ? absolute : dirname(absolute);
    let checkout = await findCheckout(folder);
    const above = checkout ? await rulesAbove(checkout, folder) : { rules: null, ignored: false };
    // Naming an ignored folder is asking for it; it is then not part of what the repository publishes.
    if (above.ignored) checkout = null;
    const base = checkout?.root ?? folder;
    return {
      kind: found.isDirectory() ? 'folder' : 'file',
      absolute,
      base,
      name: settings.name ?? (basename(base).toWellFormed() || 'root'),
      url: settings.name === undefined ? (checkout?.url ?? null) : null,
      checkout,
      rules: above.rules,
      tracked:
        checkout && found.isDirectory() ? await trackedFiles(checkout.ownFolder, checkout.gitFolder) : null,
      aliases: new Map(),
      place: base,
      parts: [],
      depth: 0,
    };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    return skipped(given, missing ? 'not_found' : 'unreadable', missing ? 'no such file or folder' : code);
  }
}

/**
 * Looks at every path that was given.
 * @throws ColloquyError CQ031 when one name is asked for several paths, or two folders have the same name: their
 *   documents would overwrite each other.
 */
export async function resolveImportRoots(
  paths: string[],
  settings: ReadSettings,
): Promise<(ImportRoot | SkippedItem)[]> {
  if (settings.name !== undefined && paths.length > 1) {
    throw new UsageError('CQ031', `--name "${settings.name}" was given for ${paths.length} paths.`, {
      hint: 'Import them one at a time, each with its own --name.',
    });
  }
  const roots: (ImportRoot | SkippedItem)[] = [];
  const named = new Map<string, ImportRoot>();
  const numbered = new Map<string, ImportRoot>();
  for (const path of paths) {
    const root = await resolveImportRoot(path, settings);
    const other = root.kind === 'skipped' || root.url !== null ? undefined : named.get(root.name);
    if (root.kind === 'zip') {
      const first = other ?? numbered.get(series(root.absolute));
      if (first !== undefined && areParts(first.parts, root.parts)) {
        first.parts.push(...root.parts);
        continue;
      }
      numbered.set(series(root.absolute), root);
    }
    roots.push(root);
    if (root.kind === 'skipped' || root.url !== null) continue;
    if (other !== undefined && other.base !== root.base) {
      throw new UsageError(
        'CQ031',
        `Two of the folders are called "${root.name}": ${other.base} and ${root.base}.`,
        {
          hint: 'Their documents would overwrite each other: import them one at a time and give one of them a --name.',
        },
      );
    }
    named.set(root.name, root);
  }
  return roots;
}

/**
 * What files of another repository inside a checkout are called: by that one's address. Where it has none, by the folder, since the
 * address of the outer one would lead nowhere. Null where the outer one has no address either: then nothing changes.
 */
export async function nestedRoot(outer: ImportRoot, absolute: string): Promise<ImportRoot | null> {
  if (outer.url === null) return null;
  const checkout = await findCheckout(absolute);
  if (checkout === null || checkout.root !== absolute) return null;
  const own = checkout.url === null ? {} : { base: absolute, name: basename(absolute) };
  const tracked = await trackedFiles(checkout.ownFolder, checkout.gitFolder);
  return { ...outer, ...own, absolute, url: checkout.url, checkout, tracked, aliases: new Map() };
}

/** The path of a file below its root's base, with `/`. */
export function pathOf(root: ImportRoot, absolute: string): string {
  return root.aliases.get(absolute) ?? below(root.base, absolute);
}

/** The identity of a file. */
export function sourceOf(root: ImportRoot, path: string): string {
  if (root.url === null) return `file:${root.name}/${path}`;
  const address = fileAddress(root.url, path, root.checkout?.ref);
  // the bytes of a name that is not UTF-8 are written as in an address already
  return [...root.aliases.values()].includes(path)
    ? address.replace(/%25(?=[89A-F][0-9A-F])/g, '%')
    : address;
}

/** What a document remembers about where it came from. */
export function originOf(root: ImportRoot): Metadata {
  const { checkout, name, url } = root;
  // two folders of one name are two: which it is, without a path of this machine
  const origin =
    url === null && root.kind === 'folder'
      ? { origin: createHash('sha256').update(`${hostname()}\0${root.place}`).digest('hex').slice(0, 16) }
      : {};
  if (checkout === null) return { root: name, ...origin };
  const { commit, branch } = checkout;
  return {
    root: name,
    ...origin,
    ...(root.url === null ? {} : { git_url: root.url }),
    ...(commit === null ? {} : { git_commit: commit }),
    ...(branch === null ? {} : { git_branch: branch }),
  };
}
