import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readSmallFile as text } from './read-part.ts';

/** A working copy of a git repository. */
export interface Checkout {
  /** The top folder of the working copy. */
  root: string;
  /** Where the refs, the configuration and `info/exclude` are. */
  gitFolder: string;
  /** Where `HEAD` and the index of this working copy are: another folder in a linked worktree. */
  ownFolder: string;
  /** The web address of the remote without user, password and `.git`; null when there is none. */
  url: string | null;
  commit: string | null;
  branch: string | null;
  /** What its files are called by on the remote's site: `HEAD`, or in a linked worktree its branch, which is another text. */
  ref: string;
}

/** The remote as a web address that is safe to store: `git@host:a/b.git` and `https://token@host/a/b` alike. */
export function webAddress(remote: string): string | null {
  const scp = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(remote);
  const address = scp && !/^[a-z]$/i.test(scp[1] ?? '') ? `ssh://${scp[1]}/${scp[2]}` : remote;
  if (!/^(?:https?|ssh|git):\/\//.test(address) || !URL.canParse(address)) return null;
  const { hostname, port, pathname, protocol } = new URL(address);
  const path = pathname.replace(/\/+$/, '').replace(/\.git$/, '');
  if (hostname === '' || path === '') return null;
  const web = protocol.startsWith('http') && port !== '';
  return `https://${hostname}${web ? `:${port}` : ''}${path.startsWith('/') ? path : `/${path}`}`;
}

const encode = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** The address of a file on the remote's site; where the site is unknown, the path is appended. */
export function fileAddress(url: string, path: string, ref = 'HEAD'): string {
  const encoded = encode(path);
  const at = encode(ref);
  const host = new URL(url).hostname;
  if (host === 'github.com') return `${url}/blob/${at}/${encoded}`;
  if (host === 'gitlab.com') return `${url}/-/blob/${at}/${encoded}`;
  if (host === 'bitbucket.org') return `${url}/src/${at}/${encoded}`;
  return ref === 'HEAD' ? `${url}/${encoded}` : `${url}/${encoded}?ref=${encodeURIComponent(ref)}`;
}

function remoteOf(config: string): string | null {
  const remotes = new Map<string, string>();
  let section = '';
  for (const line of config.split('\n')) {
    const header = /^\s*\[remote "(.+)"\]/.exec(line)?.[1];
    if (header !== undefined) section = header;
    else if (/^\s*\[/.test(line)) section = '';
    const url = /^\s*url\s*=\s*(\S+)/.exec(line)?.[1];
    if (section !== '' && url && !remotes.has(section)) remotes.set(section, url);
  }
  const remote = remotes.get('origin') ?? remotes.values().next().value;
  return remote === undefined ? null : webAddress(remote);
}

async function commitOf(refs: string[], head: string): Promise<string | null> {
  const ref = /^ref: (.+)$/m.exec(head)?.[1]?.trim();
  if (ref === undefined) return /^[0-9a-f]{40,64}$/.exec(head.trim())?.[0] ?? null;
  for (const folder of refs) {
    const loose = await text(join(folder, ref));
    if (loose !== null) return loose.trim();
    const packed = (await text(join(folder, 'packed-refs')))
      ?.split('\n')
      .find((line) => line.endsWith(` ${ref}`));
    if (packed) return packed.split(' ', 1)[0] ?? null;
  }
  return null;
}

function branchOf(head: string): string | null {
  return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1]?.trim() ?? null;
}

/** The `.git` of a folder: a folder, or (in worktrees and submodules) a file that says where it is. */
async function gitFolderOf(folder: string): Promise<string | null> {
  const path = join(folder, '.git');
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return (await text(join(path, 'HEAD'))) === null ? null : path;
  const target = found?.isFile() ? /^gitdir: (.+)$/m.exec((await text(path)) ?? '')?.[1] : undefined;
  return target === undefined ? null : resolve(folder, target.trim());
}

/**
 * The checkout that `folder` lies in. Reads git's files instead of running git: a foreign repository's
 * configuration can make git run programs, and git need not be installed.
 * @param highest where the search ends: what was unpacked belongs to no checkout around it
 */
export async function findCheckout(folder: string, highest?: string): Promise<Checkout | null> {
  for (let root = folder; ; root = dirname(root)) {
    const own = await gitFolderOf(root);
    if (own !== null) {
      const common = (await text(join(own, 'commondir')))?.trim();
      const gitFolder = common ? resolve(own, common) : own;
      const head = (await text(join(own, 'HEAD'))) ?? '';
      const branch = branchOf(head);
      const commit = await commitOf([own, gitFolder], head);
      const main = common ? branchOf((await text(join(gitFolder, 'HEAD'))) ?? '') : branch;
      return {
        root,
        gitFolder,
        ownFolder: own,
        url: remoteOf((await text(join(gitFolder, 'config'))) ?? ''),
        commit,
        branch,
        ref: branch === main ? 'HEAD' : (branch ?? commit ?? 'HEAD'),
      };
    }
    if (root === highest || dirname(root) === root) return null;
  }
}
