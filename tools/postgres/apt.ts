import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ColloquyError } from '../../lib/errors.ts';
import { run, tail } from './run.ts';

/** What to do instead, on a machine that cannot unpack the packages. */
export const OTHER_WAYS =
  'Instead: install PostgreSQL 18 with pgvector (https://www.postgresql.org/download/), or start Docker, or set TEST_DATABASE_URL.';

/**
 * Packages that are declared as installed, so that apt does not fetch them: what only the system's own
 * installation of a server needs (users, units, perl and python tools). The server needs libraries alone.
 */
const STUBS = `adduser cdebconf coreutils debconf dpkg init-system-helpers libblkid1 libc-bin libc-l10n
  libmount1 libperl5.40 libperl5.42 libpython3-stdlib libsemanage-common libsemanage2 libsystemd-shared locales login
  login.defs media-types mount netbase openssl openssl-provider-legacy passwd perl perl-base perl-modules-5.40
  perl-modules-5.42 postgresql-client-common postgresql-common postgresql-common-dev procps python3 python3-minimal
  python3-psycopg2 readline-common sensible-utils ssl-cert systemd sysvinit-utils tar ucf util-linux`
  .split(/\s+/)
  .filter((name) => name !== '');

const KEYRINGS = ['pgp', 'gpg'].map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`);

export interface Archive {
  uri: string;
  keyring: string;
}

/**
 * The Debian archive that this machine's own apt uses, and the keyring that its signatures are checked with.
 * @throws ColloquyError CQ020 where there is no apt, no Debian archive in its configuration, or no keyring
 */
export async function debianArchive(): Promise<Archive> {
  const format = ['$(COMPONENT)', '$(ORIGIN)', '$(LABEL)', '$(REPO_URI)'].join('\t');
  const targets = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  if (targets.code === 127) {
    throw new ColloquyError('CQ020', 'This machine has no apt-get to fetch PostgreSQL with', {
      hint: OTHER_WAYS,
    });
  }
  if ((await run('dpkg-deb', ['--version'])).code !== 0) {
    throw new ColloquyError('CQ020', 'This machine has no dpkg-deb to unpack packages with', {
      hint: OTHER_WAYS,
    });
  }
  const archives = targets.stdout
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([component, , , uri]) => component === 'main' && /\/debian\/?$/.test(uri ?? ''))
    // Origin and label are known only once the lists were fetched: empty ones are not a reason to refuse.
    .filter(([, origin, label]) => /^(Debian)?$/.test(origin ?? '') && /^(Debian)?$/.test(label ?? ''));
  const uri = archives[0]?.[3];
  if (!uri) {
    throw new ColloquyError(
      'CQ020',
      "This machine's apt knows no Debian archive (Ubuntu and others have their own)",
      {
        hint: OTHER_WAYS,
      },
    );
  }
  const keyring = KEYRINGS.find((path) => existsSync(path));
  if (!keyring) {
    throw new ColloquyError(
      'CQ020',
      `There is no Debian keyring to check signatures with (${KEYRINGS.join(', ')})`,
      {
        hint: `apt-get install debian-archive-keyring. ${OTHER_WAYS}`,
      },
    );
  }
  return { uri, keyring };
}

function stub(name: string, arch: string): string {
  return `Package: ${name}
Status: install ok installed
Priority: optional
Section: misc
Maintainer: none <none@localhost>
Architecture: ${arch}
Multi-Arch: foreign
Version: 999:0
Description: not needed here

`;
}

function configuration(apt: string, arch: string): string {
  return `#clear APT::Architectures;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
APT::Architecture "${arch}";
APT::Architectures { "${arch}"; };
APT::Default-Release "";
APT::Get::Assume-Yes "true";
APT::Get::List-Cleanup "false";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::Retries "3";
Debug::NoLocking "true";
Dir::State "${apt}";
Dir::State::lists "${apt}/lists";
Dir::State::status "${apt}/status";
Dir::State::extended_states "${apt}/extended_states";
Dir::Cache "${apt}";
Dir::Cache::archives "${apt}/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "${apt}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Log "${apt}";
`;
}

function aptError(step: string, stderr: string): ColloquyError {
  const lines = stderr.split('\n').filter((line) => /^[EW]:|Err:/.test(line));
  const offline = /resolve|connect|network|timed out|unreachable/i.test(stderr);
  return new ColloquyError('CQ021', `apt-get could not ${step}: ${tail(lines.join('\n') || stderr, 3)}`, {
    hint: offline
      ? `The archive cannot be reached from here: check the network and the proxy of apt, then try again. ${OTHER_WAYS}`
      : OTHER_WAYS,
  });
}

/**
 * Fetches packages and all that they need into `work`, against a private state of apt: neither the machine's
 * package database nor its lists are touched, and no root is needed. Returns the .deb files.
 * The machine's own apt configuration (mirror, proxy, validity of release files) stays in force.
 */
export async function fetchPackages(
  work: string,
  options: { arch: string; suite: string; packages: readonly string[]; archive: Archive },
): Promise<string[]> {
  const apt = join(work, 'apt');
  for (const folder of ['lists/partial', 'archives/partial'])
    mkdirSync(join(apt, folder), { recursive: true });
  writeFileSync(join(apt, 'status'), STUBS.map((name) => stub(name, options.arch)).join(''));
  writeFileSync(
    join(apt, 'sources.list'),
    `deb [arch=${options.arch} signed-by=${options.archive.keyring}] ${options.archive.uri} ${options.suite} main\n`,
  );
  const config = join(apt, 'apt.conf');
  writeFileSync(config, configuration(apt, options.arch));
  const update = await run('apt-get', ['-c', config, '-qq', 'update']);
  if (update.code !== 0) throw aptError(`read the list of ${options.suite}`, update.stderr);
  const fetched = await run('apt-get', [
    ...['-c', config, '-qq', '--download-only', 'install'],
    ...options.packages,
  ]);
  if (fetched.code !== 0) throw aptError(`fetch ${options.packages.join(', ')}`, fetched.stderr);
  const archives = join(apt, 'archives');
  return readdirSync(archives)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name))
    .sort();
}
