import { existsSync } from 'node:fs';
import { appendFile, readFile, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { ColloquyError } from '../../lib/errors.ts';
import { formatBytes } from '../../lib/progress.ts';
import type { BackupSet } from '../backup/set.ts';
import { type Chain, chooseChains } from './choose.ts';
import { readControl } from './control.ts';
import { claimFolder, type RestoreFolder } from './folder.ts';
import { describeGoal, formatMoment, type Goal, type Moment, parseTime } from './goal.ts';
import { type Program, programs } from './programs.ts';
import { type PrivateServer, startPrivately } from './server.ts';
import type { BackupSource } from './source.ts';
import { manifestSize, unpackSet } from './unpack.ts';
import { listWal } from './wal-archive.ts';
import { historyName, parseHistory } from './wal-names.ts';
import { type Reach, reachOf } from './wal-reach.ts';

export interface RestoreOptions {
  source: BackupSource;
  sets: readonly BackupSet[];
  to: string;
  goal: Goal;
  set?: string;
  /** Further folders of the log: of pg_receivewal, or pg_wal of the server that is gone. */
  wal?: readonly string[];
  /** Begin anew where another did not end. */
  force?: boolean;
  /** Whether what was written is on the disk in the end; not so for a copy that is looked at and thrown away. */
  durable?: boolean;
  signal?: AbortSignal | undefined;
  say: (text: string) => void;
}

/** What a restore has made. */
export interface Restored {
  folder: RestoreFolder;
  server: PrivateServer;
  chain: Chain;
  database: string;
  /** Where the copy left the log. */
  end: { lsn: bigint; timeline: number };
  /** The newest commit in the copy; undefined when nothing was committed since the backup. */
  lastCommitAt: Moment | undefined;
  walSegments: number;
  /** Commits in the log that there is, behind the point that was restored; undefined when they were not counted. */
  lost: { commits: number; lastCommitAt: Moment | undefined } | undefined;
  /** Subscriptions that were switched off. */
  subscriptions: string[];
}

/** Room that a server takes besides its data: its log of the first minutes, its temporary files. */
const RESERVE = 64 * 1024 * 1024;

async function checkRoom(
  options: RestoreOptions,
  chain: Chain,
  folder: RestoreFolder,
  logBytes: number,
): Promise<void> {
  const sizes = await Promise.all(chain.map((set) => manifestSize(options.source, set)));
  const together = sizes.reduce((sum, size) => sum + size, 0);
  // pg_combinebackup links what is whole in one of the sets, and writes anew what it puts together
  const needed = together + (chain.length > 1 ? together - sizes[0]! : 0) + logBytes + RESERVE;
  const { bavail, bsize } = await statfs(folder.path);
  if (bavail * bsize >= needed) return;
  throw new ColloquyError(
    'CQ627',
    `A restore into ${folder.path} needs ${formatBytes(needed)}, and ${formatBytes(bavail * bsize)} are free there.`,
    { hint: 'Make room, or choose a folder on a larger disk. Nothing was written.' },
  );
}

/** The newest chain from which the goal is reached, with the log in the folder. */
async function choose(
  options: RestoreOptions,
  folder: RestoreFolder,
  run: Program,
): Promise<{ chain: Chain; reach: Reach }> {
  const { source, sets, goal, set, say } = options;
  const chains = chooseChains(sets, goal, set);
  const archive = await listWal(source.target, options.wal ?? []);
  for (const chain of chains) {
    const last = chain.at(-1)!;
    say(`Reading the log that follows ${last.id}`);
    const reach = await reachOf(source, archive, last, goal, folder, run);
    if (!reach) continue;
    await checkRoom(options, chain, folder, 2 * reach.names.length * reach.size);
    return { chain, reach };
  }
  throw new ColloquyError('CQ625', `The log has no ${describeGoal(goal).replace(/^the /, '')}.`, {
    hint: 'A point is named by: select pg_create_restore_point(NAME). Restore to a time instead (--time), or to --latest.',
  });
}

/** What a restore would take, and how far it would come. */
export interface RestorePlan {
  chain: string[];
  walSegments: number;
  newest: string;
}

/** Chooses and checks as a restore does, and leaves nothing. */
export async function planRestore(options: RestoreOptions): Promise<RestorePlan> {
  const folder = await claimFolder(options.to, { force: options.force ?? false });
  try {
    folder.make(folder.wal);
    const { chain, reach } = await choose(options, folder, programsFor(options, folder));
    const newest = reach.scan.lastCommitAt ?? parseTime(chain.at(-1)!.stoppedAt);
    return {
      chain: chain.map(({ id }) => id),
      walSegments: reach.names.length,
      newest: formatMoment(newest),
    };
  } finally {
    await folder.abandon();
  }
}

/** Of the version of the sets' server; a chain is of one. */
function programsFor({ sets, set, signal }: RestoreOptions, folder: RestoreFolder): Program {
  const newest = sets.find(({ id }) => id === set) ?? sets.at(-1);
  return programs(newest?.serverVersion ?? 180_000, folder.user, signal);
}

/** Unpacks the sets; of a chain, puts together what each has of a file. */
async function unpack(
  options: RestoreOptions,
  chain: Chain,
  folder: RestoreFolder,
  run: Program,
): Promise<void> {
  const { source, signal, say } = options;
  const unpacking = (set: BackupSet, to: string): Promise<void> => {
    say(`Unpacking ${set.id}`);
    return unpackSet(source, set, folder.make(to), folder, run, { signal, say });
  };
  if (chain.length === 1) return await unpacking(chain[0]!, folder.data);
  folder.make(folder.sets);
  const paths = chain.map((set) => join(folder.sets, set.id));
  for (const [index, set] of chain.entries()) await unpacking(set, paths[index]!);
  say(`Putting ${chain.length} sets together`);
  const links = await tablespaces(paths.at(-1)!);
  await run('pg_combinebackup', [
    // the server brings all of it to the disk when it begins to recover
    '--no-sync',
    '--link',
    ...links.map((oid) => `--tablespace-mapping=${paths.at(-1)}.${oid}=${folder.data}.${oid}`),
    `--output=${folder.data}`,
    ...paths,
  ]);
  await rm(folder.sets, { recursive: true, force: true });
}

async function tablespaces(data: string): Promise<string[]> {
  const map = await readFile(join(data, 'tablespace_map'), 'utf8').catch(() => '');
  return [...map.matchAll(/^(\d+) /gm)].map(([, oid]) => oid!);
}

/** What the copy's own settings must say from now on, whoever starts it: it is another server than the one it comes from. */
const LASTING = `
# Written by ops restore: a copy archives nothing into the place of what it comes from, follows nobody, and waits for no standby.
archive_mode = 'off'
primary_conninfo = ''
primary_slot_name = ''
synchronous_standby_names = ''
`;

/** Where the settings lay outside of the data folder, as Debian has them, they are not in a backup. */
const OWN_FILES: Record<string, string> = {
  'postgresql.conf': '# Written by ops restore: the settings of the server lay outside of its data folder.\n',
  'pg_hba.conf':
    'local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n',
  'pg_ident.conf': '',
};

async function prepare(folder: RestoreFolder): Promise<void> {
  // the links are made
  await rm(join(folder.data, 'tablespace_map'), { force: true });
  await rm(join(folder.data, 'standby.signal'), { force: true });
  const write = async (name: string, text: string): Promise<void> => {
    const path = join(folder.data, name);
    await appendFile(path, text, { mode: 0o600 });
    folder.own(path);
  };
  // of an earlier restore of the server that was backed up: a second target is refused
  const auto = join(folder.data, 'postgresql.auto.conf');
  const settings = await readFile(auto, 'utf8').catch(() => '');
  await rm(auto, { force: true });
  await write(
    'postgresql.auto.conf',
    `${settings.replace(/^\s*(?:recovery_target\w*|restore_command)\b.*$/gm, '')}${LASTING}`,
  );
  await write('recovery.signal', '');
  for (const [name, text] of Object.entries(OWN_FILES))
    if (!existsSync(join(folder.data, name))) await write(name, text);
}

function goalSettings(goal: Goal, reach: Reach): Record<string, string> {
  const lineage = reach.lineage.timelines;
  const settings: Record<string, string> = {
    // relative to the data folder, whatever its name is made of
    restore_command: 'cp "../wal/%f" "%p"',
    recovery_target_timeline: lineage.length === 1 ? 'current' : String(lineage.at(-1)!.timeline),
    recovery_target_action: 'promote',
    recovery_target_inclusive: 'on',
  };
  if (goal.to === 'immediate') settings.recovery_target = 'immediate';
  if (goal.to === 'name') settings.recovery_target_name = goal.name;
  if (goal.to === 'time' && !reach.endsBefore)
    settings.recovery_target_time = formatMoment(goal).replace('Z', '+00');
  return settings;
}

/** Runs statements in a database of the copy. */
export async function asking<T>(
  server: PrivateServer,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: server.url(database) });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A copy that went on following another server would write what that one writes, and take it from the copy that it is meant for. */
async function disableSubscriptions(server: PrivateServer): Promise<string[]> {
  const found = await asking(server, 'template1', async (client) => {
    const { rows } = await client.query<{ database: string; name: string; statement: string }>(
      `select d.datname as database, s.subname as name, pg_catalog.format('alter subscription %I disable', s.subname) as statement
       from pg_catalog.pg_subscription s join pg_catalog.pg_database d on d.oid = s.subdbid where s.subenabled`,
    );
    return rows;
  });
  for (const { database, statement } of found)
    await asking(server, database, (client) => client.query(statement));
  return found.map(({ name }) => name);
}

/** Where the copy left the log: the end of the history that its promotion wrote. */
async function endOf(server: PrivateServer, folder: RestoreFolder): Promise<Restored['end']> {
  const timeline = Number(/selected new timeline ID: (\d+)/.exec(server.words())?.[1]);
  const branches = parseHistory(await readFile(join(folder.data, 'pg_wal', historyName(timeline)), 'utf8'));
  return { lsn: branches.at(-1)!.at, timeline };
}

/**
 * Makes a server of a backup set and the log that follows it, in a folder of its own, up to a goal. It is left running, reached by
 * this process only; whoever calls stops it, and says when the folder is finished.
 * @throws ColloquyError CQ620 to CQ629; all but CQ628 leave nothing behind
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { goal, signal, say } = options;
  const folder = await claimFolder(options.to, { force: options.force ?? false });
  let server: PrivateServer | undefined;
  try {
    folder.make(folder.wal);
    const run = programsFor(options, folder);
    const { chain, reach } = await choose(options, folder, run);
    const set = chain.at(-1)!;
    await unpack(options, chain, folder, run);
    await prepare(folder);
    say(`Replaying ${reach.names.length} segments of the log, to ${describeGoal(goal)}`);
    const control = await readControl(run, folder.data);
    server = await startPrivately(folder, set.serverVersion, {
      settings: {
        ...control.settings,
        ...goalSettings(goal, reach),
        ...(options.durable === false ? { fsync: 'off', full_page_writes: 'off' } : {}),
      },
      signal,
      progress: (segments) => say(`${segments} of ${reach.names.length} segments are replayed`),
    });
    const end = await endOf(server, folder);
    const { rows } = await asking(server, set.database, (client) =>
      client.query<{ at: string | null }>(
        `select (extract(epoch from pg_catalog.pg_last_xact_replay_timestamp()) * 1000000)::bigint::text as at`,
      ),
    );
    const after = goal.to === 'time' || goal.to === 'name' ? await reach.after(end.lsn) : undefined;
    return {
      folder,
      server,
      chain,
      database: set.database,
      end,
      lastCommitAt: rows[0]!.at === null ? undefined : { microseconds: Number(rows[0]!.at) },
      walSegments: reach.names.length,
      lost: goal.to === 'latest' ? { commits: 0, lastCommitAt: undefined } : after,
      subscriptions: await disableSubscriptions(server),
    };
  } catch (error) {
    await server?.stop();
    // what an ended server has said is worth a look
    if (!(error instanceof ColloquyError && error.code === 'CQ628')) await folder.abandon();
    folder.release();
    throw error;
  }
}
