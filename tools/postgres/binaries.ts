import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Binaries } from './packages.ts';
import { run } from './run.ts';

/** Folders in which the usual installers put a server. */
function usualFolders(): string[] {
  const versions = (parent: string, match: RegExp, rest: string): string[] =>
    existsSync(parent)
      ? readdirSync(parent)
          .filter((name) => match.test(name))
          .sort()
          .reverse()
          .map((name) => join(parent, name, rest))
      : [];
  return [
    ...versions('/usr/lib/postgresql', /^\d+$/, 'bin'),
    ...versions('/usr', /^pgsql-\d+$/, 'bin'),
    ...versions('/opt/homebrew/opt', /^postgresql@\d+$/, 'bin'),
    ...versions('/usr/local/opt', /^postgresql@\d+$/, 'bin'),
    ...versions('/Applications/Postgres.app/Contents/Versions', /^\d+$/, 'bin'),
    '/usr/local/pgsql/bin',
  ];
}

export interface Candidate {
  bin: string;
  version: string;
  /** Why it cannot serve; undefined when it can. */
  lacks?: string;
}

/** Looks at one folder: which server is there, and is pgvector with it? Undefined when there is no server. */
export async function inspectBinaries(bin: string): Promise<Candidate | undefined> {
  if (!existsSync(join(bin, 'postgres')) || !existsSync(join(bin, 'initdb'))) return undefined;
  const said = await run(join(bin, 'postgres'), ['--version']);
  const version = /\b(\d+)(\.\d+|\w+)?/.exec(said.stdout)?.[0];
  if (said.code !== 0 || !version) return undefined;
  if (Number.parseInt(version, 10) < 18) return { bin, version, lacks: 'is older than 18' };
  const configured = await run(join(bin, 'pg_config'), ['--sharedir']);
  const share = configured.code === 0 ? configured.stdout.trim() : join(dirname(bin), 'share');
  if (!existsSync(join(share, 'extension/vector.control'))) return { bin, version, lacks: 'lacks pgvector' };
  return { bin, version };
}

/** Every server that is installed on this machine, the one of PATH first. */
export async function installedServers(): Promise<Candidate[]> {
  const configured = await run('pg_config', ['--bindir']);
  const folders = [...(configured.code === 0 ? [configured.stdout.trim()] : []), ...usualFolders()];
  const found = await Promise.all([...new Set(folders)].map(inspectBinaries));
  return found.filter((candidate) => candidate !== undefined);
}

/** A server of this machine's own that can serve: PostgreSQL 18 or newer, with pgvector. */
export async function installedBinaries(): Promise<Binaries | undefined> {
  const fit = (await installedServers()).find((candidate) => !candidate.lacks);
  return fit && { bin: fit.bin, version: fit.version, source: 'machine' };
}
