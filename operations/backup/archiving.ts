import { chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { ColloquyError, errorCode } from '../../lib/errors.ts';

export interface ArchiveSetting {
  name: string;
  value: string;
  /** What the server has now. */
  current: string | null;
  needsRestart: boolean;
}

export interface ArchivePlan {
  folder: string;
  /** Those that are to be written. */
  changes: ArchiveSetting[];
  /** Those that are written and wait for a restart of the server. */
  waiting: string[];
}

interface Current {
  wal_level: string;
  archive_command: string;
  archive_library: string;
  archive_directory: string | null;
  data_directory: string;
  settings: Record<string, { setting: string; context: string; pending: boolean }>;
}

const NAMES = ['wal_level', 'summarize_wal', 'archive_mode', 'archive_library', 'archive_timeout'];
const DIRECTORY = 'basic_archive.archive_directory';

async function currentSettings(admin: Pick<Pool, 'query'>): Promise<Current> {
  try {
    const { rows } = await admin.query(
      `select current_setting('wal_level') as wal_level, current_setting('archive_command') as archive_command,
         current_setting('archive_library') as archive_library, current_setting($2, true) as archive_directory,
         current_setting('data_directory') as data_directory,
         (select jsonb_object_agg(s.name, jsonb_build_object('setting', s.setting, 'context', s.context, 'pending', s.pending_restart))
          from pg_settings s where s.name = any ($1)) as settings`,
      [NAMES, DIRECTORY],
    );
    return rows[0];
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    throw needsSuperuser(error);
  }
}

const needsSuperuser = (cause: unknown): ColloquyError =>
  new ColloquyError('CQ608', 'Archiving is set up by a superuser, and this login is none.', {
    hint: 'Set DATABASE_URL to a superuser’s login. A managed service archives by itself: use its backups.',
    cause,
  });

/** The folder to which the server archives, as the server names it; null when it does not by basic_archive. */
export async function archiveFolder(pool: Pick<Pool, 'query'>): Promise<string | null> {
  const { rows } = await pool.query<{ folder: string | null }>('select current_setting($1, true) as folder', [
    DIRECTORY,
  ]);
  return rows[0]!.folder || null;
}

/**
 * What of the settings is missing for archiving and incremental backups.
 * @throws ColloquyError CQ613 where another program archives, or no folder is named
 */
export async function planArchiving(
  admin: Pick<Pool, 'query'>,
  { folder, timeout }: { folder: string | undefined; timeout: number },
): Promise<ArchivePlan> {
  const current = await currentSettings(admin);
  const { settings, archive_command, archive_library, archive_directory } = current;
  const other =
    archive_library === 'basic_archive' || archive_library === '' ? archive_command : archive_library;
  if (other !== '' && other !== '(disabled)') {
    throw new ColloquyError('CQ613', `The server archives by another program already: ${other}`, {
      hint: 'Leave it to that one, or end it first: alter system reset archive_command; alter system reset archive_library;',
    });
  }
  const place = folder ?? archive_directory ?? '';
  if (!place.startsWith('/')) {
    throw new ColloquyError('CQ613', 'No folder is named to which the server could archive.', {
      hint: 'npm run ops -- backup init --archive-dir /var/lib/postgresql/archive: on another disk than the data, or at least outside of it.',
    });
  }
  if (place === current.data_directory || place.startsWith(`${current.data_directory}/`)) {
    throw new ColloquyError('CQ613', `${place} is inside of the data folder, and would be lost with it.`, {
      hint: 'Name a folder outside, best on another disk.',
    });
  }
  const wanted: Record<string, string> = {
    wal_level: current.wal_level === 'logical' ? 'logical' : 'replica',
    summarize_wal: 'on',
    archive_mode: settings.archive_mode?.setting === 'always' ? 'always' : 'on',
    archive_library: 'basic_archive',
    archive_timeout: String(timeout),
    [DIRECTORY]: place,
  };
  const changes = Object.entries(wanted)
    .map(([name, value]) => {
      const now = name === DIRECTORY ? archive_directory : (settings[name]?.setting ?? null);
      return { name, value, current: now, needsRestart: settings[name]?.context === 'postmaster' };
    })
    .filter(({ name, value, current: now }) => now !== value && !settings[name]?.pending);
  return { folder: place, changes, waiting: NAMES.filter((name) => settings[name]?.pending) };
}

/** Whether the server sees a folder. */
const serverSees = async (admin: Pick<Pool, 'query'>, folder: string): Promise<boolean> => {
  const { rows } = await admin.query<{ is_there: boolean }>(
    'select (pg_stat_file($1, true)).isdir is true as is_there',
    [folder],
  );
  return rows[0]!.is_there;
};

/** Makes the folder where the server is of this machine and this user may: it belongs to the owner of the data then. */
async function makeFolder(admin: Pick<Pool, 'query'>, folder: string): Promise<void> {
  if (await serverSees(admin, folder)) return;
  const { rows } = await admin.query<{ data: string }>(`select current_setting('data_directory') as data`);
  const owner = await stat(join(rows[0]!.data, 'PG_VERSION')).catch(() => undefined);
  if (owner) {
    const isMade = await mkdir(folder, { recursive: true, mode: 0o700 })
      .then(() => chown(folder, owner.uid, owner.gid))
      .then(
        () => true,
        () => false,
      );
    if (isMade && (await serverSees(admin, folder))) return;
  }
  throw new ColloquyError('CQ613', `The server does not see the folder ${folder}.`, {
    hint: `Make it on the server, for the user that it runs as: install -d -o postgres -g postgres -m 700 ${folder}`,
  });
}

/**
 * Writes the settings of a plan, and has the server read them.
 * @returns the names of those that wait for a restart
 */
export async function writeSettings(admin: Pool, { folder, changes }: ArchivePlan): Promise<string[]> {
  try {
    await makeFolder(admin, folder);
    // is the module there? Else the archiver would fail for ever
    await admin.query(`load 'basic_archive'`);
    for (const { name, value } of changes) {
      const { rows } = await admin.query<{ sql: string }>(
        `select format('alter system set %s = %L', $1::text, $2::text) as sql`,
        [name, value],
      );
      await admin.query(rows[0]!.sql);
    }
  } catch (error) {
    if (errorCode(error) === '42501') throw needsSuperuser(error);
    if (errorCode(error) !== '58P01') throw error;
    throw new ColloquyError(
      'CQ613',
      `The server lacks the module basic_archive: ${(error as Error).message}`,
      {
        hint: 'It comes with the contrib modules of PostgreSQL (Debian: in postgresql-18).',
        cause: error,
      },
    );
  }
  await admin.query('select pg_reload_conf()');
  return changes.filter(({ needsRestart }) => needsRestart).map(({ name }) => name);
}

export interface ArchiveProof {
  segment: string;
  bytes: number;
  sha256: string;
  milliseconds: number;
}

interface Archiver {
  failed: string;
  last_failed: string | null;
}

const POLL = 100;

/**
 * Proves that archiving works: ends a segment of the log, waits until the server has archived it, reads it back, and compares.
 * @param options.patience  milliseconds that the archiver may take
 * @throws ColloquyError CQ613 when it fails, does not come, or is another one
 */
export async function proveArchiving(
  admin: Pick<Pool, 'query'>,
  folder: string,
  { patience = 120_000, signal }: { patience?: number; signal?: AbortSignal | undefined } = {},
): Promise<ArchiveProof> {
  const begun = Date.now();
  const asked = async (): Promise<Archiver> =>
    (
      await admin.query<Archiver>(
        'select failed_count::text as failed, last_failed_wal as last_failed from pg_stat_archiver',
      )
    ).rows[0]!;
  const before = await asked();
  // a segment without a record would not be ended
  await admin.query(
    `select pg_logical_emit_message(false, 'colloquy', 'a proof that archiving works', true)`,
  );
  const { rows } = await admin.query<{ segment: string }>(
    'select pg_walfile_name(pg_switch_wal()) as segment',
  );
  const { segment } = rows[0]!;
  const hash = async (path: string): Promise<{ sha256: string; bytes: number } | undefined> => {
    const found = await admin.query<{ sha256: string; bytes: number }>(
      `select encode(sha256(content), 'hex') as sha256, length(content) as bytes
       from pg_read_binary_file($1, 0, (pg_stat_file($1, true)).size, true) as content where content is not null`,
      [path],
    );
    return found.rows[0];
  };
  const original = await hash(`pg_wal/${segment}`);
  const failed = (message: string): ColloquyError =>
    new ColloquyError('CQ613', message, {
      hint: `The server's log says why. Its user must be able to write to ${folder}, and the disk must have room.`,
    });
  for (;;) {
    signal?.throwIfAborted();
    const archived = await hash(`${folder}/${segment}`);
    if (archived) {
      if (original && archived.sha256 !== original.sha256)
        throw failed(`The archived ${segment} is not what the log has.`);
      return { segment, ...archived, milliseconds: Date.now() - begun };
    }
    const now = await asked();
    if (now.failed !== before.failed) throw failed(`The server could not archive ${now.last_failed}.`);
    if (Date.now() - begun > patience)
      throw failed(`The server has not archived ${segment} within ${patience / 1000} seconds.`);
    await delay(POLL);
  }
}
