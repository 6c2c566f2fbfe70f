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
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { ColloquyError } from '../../lib/errors.ts';
import { withFileLock } from '../../lib/lock.ts';
import { debianArchive, fetchPackages, OTHER_WAYS } from './apt.ts';
import { damage, fingerprints, type IntegrityRecord, readRecord, writeRecord } from './integrity.ts';
import { cacheDir, openFolder, serverUser } from './places.ts';
import { run, tail } from './run.ts';

/** Which of Debian's packages are unpacked, and what of them runs. */
export interface Recipe {
  /** Begins the name of the folder in the cache. */
  name: string;
  /** For people. */
  what: string;
  /** The release of Debian that the packages come from. */
  suite: string;
  /** What is unpacked, with all that it depends on. Another list is another folder in the cache. */
  packages: readonly string[];
  /** The folder with the programs, below the root. */
  bin: string;
  /** A folder with modules that they load, below the root. */
  modules?: string;
  /** Changes what was unpacked, before it is recorded. Returns where time zones come from. */
  finish?(root: string): IntegrityRecord['zoneinfo'];
}

/** Raised when the unpacking itself changes, so that folders made by an older one are not used. */
const RECIPE = 1;

const ARCHITECTURES: Record<string, { debian: string; triplet: string }> = {
  x64: { debian: 'amd64', triplet: 'x86_64-linux-gnu' },
  arm64: { debian: 'arm64', triplet: 'aarch64-linux-gnu' },
};

/** Parts of the packages that servers and their tools do not need. */
const LEFT_OUT = [
  ...['doc', 'man', 'locale', 'lintian', 'bug', 'gcc', 'gdb', 'perl', 'zsh'].map(
    (name) => `./usr/share/${name}*`,
  ),
  ...['./etc*', './var*', './usr/include*', './usr/sbin*', './usr/lib/systemd*', './usr/lib/valgrind*'],
  ...['./usr/lib/*/gconv*', './usr/lib/*/audit*', '*/perl5*', './usr/share/postgresql/*/man*'],
  ...['./usr/lib/postgresql/*/lib/bitcode*', './usr/lib/postgresql/*/lib/pgxs*'],
  ...['./usr/share/zoneinfo/right*', './usr/share/zoneinfo/posix*'],
].map((pattern) => `--exclude=${pattern}`);

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

/** The folder that a recipe is unpacked into. */
export function rootOf({ name, suite, packages }: Recipe, cache: string = cacheDir()): string {
  const recipe = JSON.stringify([RECIPE, suite, packages]);
  const hash = createHash('sha256').update(recipe).digest('hex').slice(0, 8);
  return join(cache, `${name}-${platform().debian}-${hash}`);
}

/** dpkg-deb | tar, without a shell. */
function unpack(deb: string, root: string, { bin }: Recipe): Promise<void> {
  return new Promise((resolve, reject) => {
    const source = spawn('dpkg-deb', ['--fsys-tarfile', deb], { stdio: ['ignore', 'pipe', 'pipe'] });
    const leftOut = LEFT_OUT.filter((option) => !option.includes(`./${bin}*`));
    const options = ['-x', '-p', '--no-same-owner', '--keep-directory-symlink', '-C', root, ...leftOut];
    const sink = spawn('tar', options, { stdio: ['pipe', 'ignore', 'pipe'] });
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
async function bind(root: string, final: string, triplet: string, recipe: Recipe): Promise<void> {
  const lib = join(root, 'usr/lib', triplet);
  const loader = readdirSync(lib).find((name) => /^ld-linux-.*\.so\.\d+$/.test(name));
  if (!loader) throw new ColloquyError('CQ021', `The packages hold no loader in usr/lib/${triplet}`);
  const privately = (...args: string[]) => run(join(lib, loader), ['--library-path', lib, ...args]);
  const patchelf = join(root, 'usr/bin/patchelf');
  const bin = join(root, recipe.bin);
  const programs = elfFiles(bin).filter((path) => path !== patchelf);
  const patched = await privately(
    patchelf,
    ...['--set-interpreter', join(final, 'usr/lib', triplet, loader)],
    ...['--force-rpath', '--set-rpath', `$ORIGIN/${relative(bin, lib)}`],
    ...programs,
  );
  if (patched.code !== 0) throw new ColloquyError('CQ021', `patchelf failed: ${tail(patched.stderr)}`);
  rmSync(patchelf);
  // Nothing may be missing, and nothing may come from the host: it would be of another version.
  const outside: string[] = [];
  const modules = recipe.modules ? elfFiles(join(root, recipe.modules)) : [];
  await inParallel([...programs, ...modules], 3, async (file) => {
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
        hint: 'This is a fault of Colloquy (tools/postgres/unpack.ts leaves out too much): please report it.',
      },
    );
  }
}

async function install(final: string, recipe: Recipe, say: (message: string) => void): Promise<void> {
  const { debian, triplet } = platform();
  const archive = await debianArchive();
  const { suite, packages, finish } = recipe;
  say(`fetching ${packages.join(', ')} from the Debian archive of this machine's apt (once)`);
  const work = mkdtempSync(`${final}.tmp-`);
  try {
    const debs = await fetchPackages(work, {
      arch: debian,
      suite,
      packages: [...packages, 'patchelf'],
      archive,
    });
    say(`unpacking ${debs.length} packages into ${final}`);
    const root = join(work, 'root');
    mkdirSync(root);
    chmodSync(root, 0o755);
    // packages of before the merge of /lib into /usr/lib
    for (const name of ['lib', 'lib64']) {
      mkdirSync(join(root, 'usr', name), { recursive: true });
      symlinkSync(`usr/${name}`, join(root, name));
    }
    // Two at a time: tar does not mind a folder that the other one made.
    await inParallel(debs, 2, (deb) => unpack(deb, root, recipe));
    await bind(root, final, triplet, recipe);
    const zoneinfo = finish?.(root) ?? 'host';
    const versions = debs.map((deb) => basename(deb).split('_').map(decodeURIComponent));
    writeRecord(root, {
      format: 1,
      suite,
      packages: Object.fromEntries(versions.map(([name, version]) => [name, version ?? ''])),
      zoneinfo,
      files: await fingerprints(root),
    });
    rmSync(final, { recursive: true, force: true });
    renameSync(root, final);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Programs of Debian's packages, unpacked into a private folder; nothing is installed and no root is needed. A second call
 * uses what is there once every file was found to be as it was unpacked (it works offline); what is damaged is unpacked again.
 * @returns what `describe` makes of the folder and its record, while nobody else may change it
 * @throws ColloquyError CQ020 where it cannot be done, CQ021 where fetching or unpacking failed
 */
export async function unpacked<T>(
  recipe: Recipe,
  options: PackageOptions,
  describe: (root: string, record: IntegrityRecord) => T | Promise<T>,
): Promise<T> {
  const say = options.say ?? (() => {});
  const cache = options.cache ?? cacheDir();
  const root = rootOf(recipe, cache);
  await openFolder(cache, await serverUser());
  const lock = { what: `The ${recipe.what} in ${root}`, wait: 300_000 };
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
    await install(root, recipe, say);
    return describe(root, readRecord(root) as IntegrityRecord);
  });
}
