import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { addressesOf, changeAddress, shownAddress } from '../../lib/connections/addresses.ts';
import { ColloquyError, describeError } from '../../lib/errors.ts';
import { byLine } from '../by-line.ts';
import { runningPostmaster } from '../postmaster.ts';
import { findProgram, runProgram } from '../programs.ts';
import { serverUser } from '../system-user.ts';

/** Milliseconds for a server to answer. */
const PATIENCE = 5_000;
const PROMOTION = 600_000;

const isFolder = (to: string): boolean => !/^postgres(ql)?:\/\//.test(to);

/** Where the server of a data folder listens, as it wrote it down itself. */
function addressOfFolder(folder: string, url: string): string {
  const running = runningPostmaster(folder);
  if (!running)
    throw new ColloquyError('CQ675', `No server runs in ${folder}.`, {
      hint: `Start it first: pg_ctl --pgdata ${folder} start`,
    });
  return changeAddress(addressesOf(url)[0]!, (address) => {
    address.port = String(running.port);
    address.hostname = '127.0.0.1';
    address.searchParams.delete('host');
    if (running.socketDir !== '' && address.password === '')
      address.searchParams.set('host', running.socketDir);
  });
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PATIENCE });
  client.on('error', () => {});
  await client.connect();
  return client;
}

interface StandbyFacts {
  isStandby: boolean;
  version: number;
  system: string;
  received: string | null;
  replayed: string | null;
  lastCommit: Date | null;
  receives: boolean;
}

const STANDBY = `select pg_catalog.pg_is_in_recovery() as "isStandby", pg_catalog.current_setting('server_version_num')::int as version,
  (select system_identifier::text from pg_catalog.pg_control_system()) as system,
  pg_catalog.pg_last_wal_receive_lsn()::text as received, pg_catalog.pg_last_wal_replay_lsn()::text as replayed,
  pg_catalog.pg_last_xact_replay_timestamp() as "lastCommit", exists (select from pg_catalog.pg_stat_wal_receiver) as receives`;

interface PrimaryFacts {
  address: string;
  lsn: string;
}

/** The servers of a connection string that take changes for the same cluster. */
async function livingPrimaries(url: string, system: string): Promise<PrimaryFacts[]> {
  const found: PrimaryFacts[] = [];
  for (const address of addressesOf(url)) {
    const client = await connect(address).catch(() => undefined);
    if (!client) continue;
    try {
      const { rows } = await client.query<{ lsn: string | null; system: string }>(
        `select case when not pg_catalog.pg_is_in_recovery() then pg_catalog.pg_current_wal_flush_lsn()::text end as lsn,
           (select system_identifier::text from pg_catalog.pg_control_system()) as system`,
      );
      const [row] = rows;
      if (row?.lsn && row.system === system) found.push({ address: shownAddress(address), lsn: row.lsn });
    } finally {
      await client.end();
    }
  }
  return found;
}

/** Commits that a data folder's WAL holds from a position on. */
async function commitsAfter(
  folder: string,
  lsn: string,
  version: number,
): Promise<{ commits: number; end: string }> {
  const program = await findProgram('pg_waldump', version);
  const user = await serverUser(folder);
  const path = join(folder, 'pg_wal');
  // of a server that was promoted itself once, not the first
  const timelines = (await readdir(path)).flatMap((name) =>
    /^[0-9A-F]{24}$/.test(name) ? [Number.parseInt(name.slice(0, 8), 16)] : [],
  );
  const timeline = String(Math.max(1, ...timelines));
  const args = ['--path', path, '--timeline', timeline, '--start', lsn, '--rmgr', 'Transaction'];
  // it ends with an error where the WAL ends, which is what is looked for
  const lines: string[] = [];
  let commits = 0;
  let end = lsn;
  const output = byLine((line) => {
    const [, at] = / lsn: ([0-9A-F]+\/[0-9A-F]+),/.exec(line) ?? [];
    if (at) end = at;
    if (/ desc: COMMIT/.test(line)) commits += 1;
  });
  await runProgram(program, args, { cwd: '/', user, output, onLine: (line) => lines.push(line) }).catch(
    (error) => {
      if (
        !lines.some((line) =>
          /error in WAL record|could not find a valid record|invalid record|record with/.test(line),
        )
      )
        throw error;
    },
  );
  return { commits, end };
}

export interface PromoteOptions {
  /** The data folder of a standby on this machine, or its address with a login that may promote. */
  to: string;
  /** DATABASE_URL: where the primary was. */
  primaryUrl: string;
  /** The data folder of the dead primary, to count what was lost. */
  oldPrimary?: string | undefined;
  force: boolean;
  dryRun: boolean;
  /** Milliseconds for the standby to apply what it has and to take changes. Default: ten minutes. */
  patience?: number;
  say: (text: string) => void;
}

export interface Promoted {
  address: string;
  /** The last position that the standby had of the old timeline. */
  lsn: string;
  lastCommit: Date | null;
  /** Milliseconds until it took changes. */
  took: number;
  timeline: string;
  /** Commits of the primary that the standby never had; null: not known. */
  lost: { commits: number | null; bytes: number | null };
  /** The standby that each change waits for, when none of that name follows. */
  waitsFor: string | null;
  /** Whether what a copy must not do is settled (app_hidden.adopt_database). */
  isAdopted: boolean;
}

/**
 * Makes a standby the primary: looks that the old one is gone, promotes, waits until changes are taken, and says what was lost.
 * @throws ColloquyError CQ675 when there is no standby, CQ676 when the primary still lives, CQ677 when it does not take changes in time
 */
export async function promoteReplica(options: PromoteOptions): Promise<Promoted> {
  const { to, primaryUrl, force, say } = options;
  const folder = isFolder(to) ? resolve(to) : undefined;
  const url = folder === undefined ? to : addressOfFolder(folder, primaryUrl);
  let client: pg.Client;
  try {
    client = await connect(url);
  } catch (error) {
    throw new ColloquyError('CQ675', `The standby at ${shownAddress(url)} does not answer.`, {
      hint: 'Start it, or correct --to; a folder is asked with the login of DATABASE_URL.',
      cause: error,
    });
  }
  try {
    const [facts] = (await client.query<StandbyFacts>(STANDBY)).rows;
    if (!facts!.isStandby)
      throw new ColloquyError('CQ675', `${shownAddress(url)} takes changes already: it is no standby.`, {
        hint: 'npm run ops -- replica status shows which server is which.',
      });
    const living = await livingPrimaries(primaryUrl, facts!.system);
    if ((living.length > 0 || facts!.receives) && !force)
      throw new ColloquyError(
        'CQ676',
        living.length > 0
          ? `The primary at ${living[0]!.address} lives and takes changes.`
          : 'The standby still receives WAL: its primary lives.',
        {
          hint: 'Stop it first (pg_ctl stop -m fast), which loses nothing. --force promotes all the same: then two servers take changes, and what the old one takes from now on is lost.',
        },
      );
    if (options.dryRun) say(`${shownAddress(url)} would be promoted.`);
    const target = { client, url, folder, facts: facts!, living };
    return options.dryRun ? describeOnly(target) : await promote(target, options);
  } finally {
    await client.end().catch(() => {});
  }
}

interface Target {
  client: pg.Client;
  url: string;
  folder: string | undefined;
  facts: StandbyFacts;
  living: PrimaryFacts[];
}

const lastOf = ({ received, replayed }: StandbyFacts): string => received ?? replayed ?? '0/0';

const describeOnly = ({ url, facts }: Target): Promoted => ({
  address: shownAddress(url),
  lsn: lastOf(facts),
  lastCommit: facts.lastCommit,
  took: 0,
  timeline: '',
  lost: { commits: null, bytes: null },
  waitsFor: null,
  isAdopted: false,
});

const WAITING = `select s.setting as names from pg_catalog.pg_settings s where s.name = 'synchronous_standby_names' and s.setting <> ''
  and not exists (select from pg_catalog.pg_stat_replication r where r.sync_state in ('sync', 'quorum'))`;

async function promote(
  { client, url, folder, facts, living }: Target,
  options: PromoteOptions,
): Promise<Promoted> {
  const begun = performance.now();
  // who may call pg_promote is an administrator's business; whoever owns the folder may promote, too
  if (folder === undefined) await client.query('select pg_catalog.pg_promote(false)');
  else {
    const control = await findProgram('pg_ctl', facts.version);
    await runProgram(control, ['--pgdata', folder, '--no-wait', 'promote'], {
      cwd: '/',
      user: await serverUser(folder),
    });
  }
  await untilWrites(client, url, options.patience ?? PROMOTION);
  const took = performance.now() - begun;
  // what is written here must not wait for a standby that may not be there
  await client.query('set synchronous_commit = local');
  const { rows } = await client.query<{ timeline: string; lsn: string; lastCommit: Date | null }>(
    `select pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) as timeline,
       pg_catalog.pg_last_wal_replay_lsn()::text as lsn, pg_catalog.pg_last_xact_replay_timestamp() as "lastCommit"`,
  );
  const { timeline, lsn, lastCommit } = rows[0]!;
  const lost = await countLost(client, lsn, facts.version, living, options).catch((error) => {
    // it is the primary by now, and what follows is needed
    options.say(`What was lost could not be counted: ${describeError(error)}`);
    return { commits: null, bytes: null };
  });
  // beside a primary that lives, at most one mails: a person decides which
  const isAdopted =
    living.length === 0 &&
    !facts.receives &&
    (await callWhereThere(
      client,
      'app_hidden.adopt_database(text, text, text)',
      `select app_hidden.adopt_database(adopted_as => 'promotion')`,
    ));
  const details = JSON.stringify({
    timeline,
    lsn,
    seconds: took / 1000,
    lostCommits: lost.commits,
    lostBytes: lost.bytes,
  });
  const record = `select app_hidden.record_run('replica-promote', pg_catalog.now() - interval '1 ms' * $1::float8, 'succeeded', $2::jsonb, null)`;
  const recording = 'app_hidden.record_run(text, timestamptz, text, jsonb, text)';
  await callWhereThere(client, recording, record, [took, details]);
  const waiting = await client.query<{ names: string }>(WAITING);
  const waitsFor = waiting.rows[0]?.names ?? null;
  return { address: shownAddress(url), lsn, lastCommit, took, timeline, lost, waitsFor, isAdopted };
}

async function untilWrites(client: pg.Client, url: string, patience: number): Promise<void> {
  const end = Date.now() + patience;
  for (;;) {
    const { rows } = await client.query('select pg_catalog.pg_is_in_recovery() as yes');
    if (!rows[0].yes) break;
    if (Date.now() > end)
      throw new ColloquyError(
        'CQ677',
        `${shownAddress(url)} did not take changes within ${patience / 1000} s.`,
        {
          hint: 'It was told to, and still applies what it has received: its log says how far it is. Wait until it takes changes; then npm run ops -- adopt, which this run did not reach: until then it mails and spends nothing.',
        },
      );
    await delay(50);
  }
  // the first write of the new timeline
  await client.query('select pg_catalog.pg_current_xact_id()');
}

/** What the old primary had and this one has not: known where the old one can still be asked, or its folder can be read. */
async function countLost(
  client: pg.Client,
  lsn: string,
  version: number,
  living: PrimaryFacts[],
  { oldPrimary }: PromoteOptions,
): Promise<Promoted['lost']> {
  const bytesTo = async (end: string): Promise<number> => {
    const { rows } = await client.query(
      'select greatest(pg_catalog.pg_wal_lsn_diff($1, $2), 0)::float8 as bytes',
      [end, lsn],
    );
    return rows[0].bytes;
  };
  if (oldPrimary !== undefined) {
    const { commits, end } = await commitsAfter(resolve(oldPrimary), lsn, version);
    return { commits, bytes: await bytesTo(end) };
  }
  const [alive] = living;
  if (!alive) return { commits: null, bytes: null };
  const bytes = await bytesTo(alive.lsn);
  return { commits: bytes === 0 ? 0 : null, bytes };
}

/** Calls a function that a database may lack: that of another release, or one that is none of Colloquy's. */
async function callWhereThere(
  client: pg.Client,
  signature: string,
  sql: string,
  values: unknown[] = [],
): Promise<boolean> {
  const { rows } = await client.query('select pg_catalog.to_regprocedure($1) is not null as yes', [
    signature,
  ]);
  if (!rows[0].yes) return false;
  await client.query(sql, values);
  return true;
}
