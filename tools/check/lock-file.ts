import type { Problem } from './problem.ts';

/** The part of package-lock.json (version 3) that this lint reads. */
export type LockFile = { packages: Record<string, LockEntry> };
type LockEntry = {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
};

type Missing = { parent: string; name: string; version: string };

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/**
 * Optional packages (one per operating system and processor) that the lock file leaves out. npm writes such a lock file
 * when its registry cannot deliver them, and from then on `npm ci` refuses it everywhere else.
 */
export function missingPlatformPackages(lock: LockFile): Missing[] {
  return Object.entries(lock.packages).flatMap(([parent, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !resolves(lock, parent, name))
      .map(([name, version]) => ({ parent, name, version })),
  );
}

/** Node's own lookup: a node_modules folder beside the package, then beside each package around it. */
function resolves(lock: LockFile, parent: string, name: string): boolean {
  for (let folder = parent; ; ) {
    if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in lock.packages) return true;
    if (folder === '') return false;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1));
  }
}

/**
 * Adds the missing entries, as far as they can be told from the name and the pinned version: without a checksum, which
 * npm adds on a machine that installs them. Entries that cannot be told (a range, no known platform) are left out.
 */
export function completeLockFile(lock: LockFile): LockFile {
  const packages = { ...lock.packages };
  for (const { parent, name, version } of missingPlatformPackages(lock)) {
    const words = (name.split('/').at(-1) ?? '').split('-');
    const os = systems.filter((system) => words.includes(system));
    const cpu = processors.filter((processor) => words.includes(processor));
    if (os.length !== 1 || cpu.length !== 1 || !/^\d+\.\d+\.\d+/.test(version)) continue;
    const libc = words.some((word) => word.startsWith('musl'))
      ? ['musl']
      : words.some((word) => word.startsWith('gnu'))
        ? ['glibc']
        : undefined;
    packages[`node_modules/${name}`] = {
      version,
      cpu,
      ...(lock.packages[parent]?.dev ? { dev: true } : {}),
      ...(libc ? { libc } : {}),
      optional: true,
      os,
    };
  }
  const sorted = Object.entries(packages).sort(([left], [right]) => left.localeCompare(right, 'en'));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

export function lintLockFile(lock: LockFile): Problem[] {
  return missingPlatformPackages(lock).map(({ parent, name, version }) => ({
    file: 'package-lock.json',
    message: `${name} ${version} (optional, of ${parent}) is missing: \`npm ci\` will refuse this lock file.`,
    hint: 'Run `npm run check -- --only lock --fix` and commit package-lock.json.',
  }));
}
