import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprints, type IntegrityRecord, writeRecord } from './integrity.ts';
import { HOST_ZONEINFO, hostHasZoneinfo } from './places.ts';
import { type PackageOptions, type Recipe, rootOf, unpacked } from './unpack.ts';

const POSTGRES: Recipe = {
  name: 'postgresql-18',
  what: 'PostgreSQL',
  // the first release that has PostgreSQL 18
  suite: 'forky',
  packages: ['postgresql-18', 'postgresql-18-pgvector', 'postgresql-18-plpgsql-check'],
  bin: 'usr/lib/postgresql/18/bin',
  modules: 'usr/lib/postgresql/18/lib',
  finish(root) {
    if (hostHasZoneinfo()) return 'host';
    redirectZoneinfo(binOf(root));
    return 'own';
  },
};

export interface Binaries {
  /** The folder with postgres, initdb, psql, pg_dump and the rest. */
  bin: string;
  /** '18.6' */
  version: string;
  source: 'machine' | 'packages';
  /** Set when the host has no time zones: the server reads this folder instead. */
  zoneinfo?: string;
}

/** The folder that this version of the recipe unpacks into. */
export const packagesRoot = (cache?: string): string => rootOf(POSTGRES, cache);

const binOf = (root: string): string => join(root, POSTGRES.bin);

/**
 * Points a server at time zones of its own. Debian's is built to read /usr/share/zoneinfo, which small containers
 * lack, and then even 'UTC' is unknown. The path in the program is replaced by a relative one: a server's working
 * folder is its data folder, where `startServer` puts a link named zoneinfo.
 */
export function redirectZoneinfo(bin: string): void {
  const path = join(bin, 'postgres');
  const program = readFileSync(path);
  const at = program.indexOf(`\0${HOST_ZONEINFO}\0`, 0, 'latin1');
  if (at < 0) return;
  program.fill(0, at + 1, at + 1 + HOST_ZONEINFO.length);
  program.write('zoneinfo', at + 1, 'latin1');
  writeFileSync(`${path}.new`, program, { mode: 0o755 });
  chmodSync(`${path}.new`, 0o755);
  renameSync(`${path}.new`, path);
}

async function describe(root: string, record: IntegrityRecord): Promise<Binaries> {
  let current = record;
  if (record.zoneinfo === 'host' && !hostHasZoneinfo()) {
    redirectZoneinfo(binOf(root));
    current = { ...record, zoneinfo: 'own', files: await fingerprints(root) };
    writeRecord(root, current);
  }
  const packaged = current.packages['postgresql-18'] ?? '18';
  return {
    bin: binOf(root),
    version: /^[\d.]+/.exec(packaged)?.[0] ?? packaged,
    source: 'packages',
    ...(current.zoneinfo === 'own' ? { zoneinfo: join(root, 'usr/share/zoneinfo') } : {}),
  };
}

/**
 * PostgreSQL 18 with pgvector, unpacked from Debian's packages into a private folder; nothing is installed and no
 * root is needed.
 * @throws ColloquyError CQ020 where it cannot be done, CQ021 where fetching or unpacking failed
 */
export const packagedPostgres = (options: PackageOptions = {}): Promise<Binaries> =>
  unpacked(POSTGRES, options, describe);
