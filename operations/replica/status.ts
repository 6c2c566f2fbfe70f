import type { Pool } from 'pg';
import pg from 'pg';
import { describeError } from '../../lib/errors.ts';

/** A standby as its primary sees it. */
export interface Follower {
  name: string;
  address: string | null;
  state: string;
  sync: string;
  /** Of WAL that it has not applied. */
  lagBytes: number;
  /** As the two last told each other; null when it has all. */
  lagSeconds: number | null;
}

export interface Slot {
  name: string;
  isActive: boolean;
  /** reserved, extended; unreserved and lost: the standby must be made anew. */
  wal: string | null;
  /** Of WAL that the primary keeps for it. */
  keptBytes: number | null;
  inactiveSeconds: number | null;
  invalid: string | null;
}

/** A standby as it sees itself. */
export interface Itself {
  isStandby: boolean;
  replay: string;
  receives: boolean;
  /** Since the last commit that it applied, while it has more to apply or receives nothing; else 0. */
  lagSeconds: number | null;
  conflicts: number;
}

export interface ReplicaStatus {
  primary: { lsn: string | null; timeline: string | null; isStandby: boolean; synchronous: string };
  standbys: Follower[];
  slots: Slot[];
  /** That of READ_DATABASE_URL. */
  itself?: Itself | { error: string };
  findings: string[];
}

const PRIMARY = `select pg_catalog.pg_is_in_recovery() as "isStandby", pg_catalog.current_setting('synchronous_standby_names') as synchronous,
  case when not pg_catalog.pg_is_in_recovery() then pg_catalog.pg_current_wal_lsn()::text end as lsn,
  case when not pg_catalog.pg_is_in_recovery()
    then pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) end as timeline`;

/** Where this server is in the WAL, as primary or as standby. */
const HERE = `case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn() end`;

const FOLLOWERS = `select r.application_name as name, pg_catalog.host(r.client_addr) as address, r.state, r.sync_state as sync,
    greatest(pg_catalog.pg_wal_lsn_diff(${HERE}, r.replay_lsn), 0)::float8 as "lagBytes",
    extract(epoch from r.replay_lag)::float8 as "lagSeconds"
  from pg_catalog.pg_stat_replication r where r.state <> 'backup' order by r.application_name`;

const SLOTS = `select s.slot_name as name, s.active as "isActive", s.wal_status as wal,
    pg_catalog.pg_wal_lsn_diff(${HERE}, s.restart_lsn)::float8 as "keptBytes",
    extract(epoch from pg_catalog.now() - s.inactive_since)::float8 as "inactiveSeconds", s.invalidation_reason as invalid
  from pg_catalog.pg_replication_slots s where s.slot_type = 'physical' order by s.slot_name`;

const ITSELF = `select pg_catalog.pg_is_in_recovery() as "isStandby", pg_catalog.pg_get_wal_replay_pause_state() as replay,
    exists (select from pg_catalog.pg_stat_wal_receiver) as receives,
    case when exists (select from pg_catalog.pg_stat_wal_receiver)
      and pg_catalog.pg_last_wal_receive_lsn() <= pg_catalog.pg_last_wal_replay_lsn() then 0
      else extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())::float8 end as "lagSeconds",
    (select coalesce(pg_catalog.sum(c.confl_lock + c.confl_snapshot + c.confl_bufferpin + c.confl_deadlock + c.confl_tablespace), 0)::int
      from pg_catalog.pg_stat_database_conflicts c) as conflicts`;

async function askItself(url: string): Promise<Itself | { error: string }> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<Itself & { isStandby: boolean }>(
      'select pg_catalog.pg_is_in_recovery() as "isStandby"',
    );
    if (!rows[0]!.isStandby) return { error: 'it is no standby' };
    return (await client.query<Itself>(ITSELF)).rows[0]!;
  } catch (error) {
    return { error: describeError(error).split('\n')[0]! };
  } finally {
    await client.end().catch(() => {});
  }
}

export interface StatusOptions {
  /** Connections as colloquy_monitor. */
  pool: Pool;
  /** A login on a standby that is to say itself how it is. */
  standbyUrl?: string | undefined;
  /** Seconds, and bytes, that are too much. */
  maxLag: number;
  maxLagBytes: number;
}

/** How far the standbys are, and what is wrong with them. */
export async function replicaStatus({
  pool,
  standbyUrl,
  maxLag,
  maxLagBytes,
}: StatusOptions): Promise<ReplicaStatus> {
  const [primary] = (await pool.query<ReplicaStatus['primary']>(PRIMARY)).rows;
  const standbys = (await pool.query<Follower>(FOLLOWERS)).rows;
  const slots = (await pool.query<Slot>(SLOTS)).rows;
  const itself = standbyUrl === undefined ? undefined : await askItself(standbyUrl);
  const status = { primary: primary!, standbys, slots, ...(itself ? { itself } : {}) };
  return { ...status, findings: findingsOf(status, maxLag, maxLagBytes) };
}

function findingsOf(
  { standbys, slots, itself }: Omit<ReplicaStatus, 'findings'>,
  maxLag: number,
  maxLagBytes: number,
): string[] {
  const findings: string[] = [];
  if (standbys.length === 0) findings.push('No standby follows this server.');
  for (const { name, lagBytes, lagSeconds, state } of standbys) {
    if (state !== 'streaming') findings.push(`${name} does not stream: ${state}.`);
    if ((lagSeconds ?? 0) > maxLag) findings.push(`${name} is ${Math.round(lagSeconds ?? 0)} s behind.`);
    if (lagBytes > maxLagBytes)
      findings.push(`${name} is ${Math.round(lagBytes / 1024 ** 2)} MB of WAL behind.`);
  }
  for (const { name, isActive, wal, invalid } of slots) {
    if (invalid || wal === 'lost')
      findings.push(`The slot ${name} is lost (${invalid ?? wal}): its standby must be made anew.`);
    else if (!isActive)
      findings.push(
        `Nobody uses the slot ${name}, for which WAL is kept: start its standby, or select pg_drop_replication_slot('${name}');`,
      );
  }
  if (!itself) return findings;
  if ('error' in itself) findings.push(`The standby of READ_DATABASE_URL cannot be asked: ${itself.error}.`);
  else {
    if (itself.replay !== 'not paused')
      findings.push(`The standby's replay is ${itself.replay}: select pg_wal_replay_resume();`);
    if (!itself.receives)
      findings.push('The standby receives nothing: is its primary away, or its slot lost?');
    if ((itself.lagSeconds ?? 0) > maxLag)
      findings.push(`The standby's last commit is ${Math.round(itself.lagSeconds ?? 0)} s old.`);
  }
  return findings;
}
