import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Pool } from 'pg';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { acquireFileLock } from '../../lib/lock.ts';
import { findProgram, runProgram } from '../programs.ts';
import { type SystemUser, serverUser } from '../system-user.ts';
import { judgePrimary, primaryFacts } from './facts.ts';

export interface AddOptions {
  /** Connections as colloquy_backup to the primary, and the login's connection string, which the standby keeps. */
  pool: Pool;
  url: string;
  /** The data folder of the standby. */
  to: string;
  slot: string;
  /** Settings of the standby alone. */
  settings: Record<string, string>;
  start: boolean;
  dryRun: boolean;
  signal: AbortSignal;
  say: (text: string) => void;
}

export interface Added {
  folder: string;
  slot: string;
  /** Of the copy. */
  seconds: number;
  isRunning: boolean;
  warnings: string[];
}

/** Beside the folder, until the copy is whole: the slot of the copy, and where it is. */
interface Mark {
  slot: string;
  work: string;
}
const markOf = (folder: string): string => `${folder}.unfinished`;

const holds = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** What a run left that did not end, if there was one. */
function unfinished(folder: string): Mark | undefined {
  try {
    return JSON.parse(readFileSync(markOf(folder), 'utf8')) as Mark;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Drops the slot of a copy that did not end. The programs that copied may have outlived who started them: their sessions are ended,
 * which ends them.
 */
async function dropSlot(pool: Pool, slot: string): Promise<void> {
  const end = `select pg_catalog.pg_terminate_backend(r.pid) from pg_catalog.pg_stat_replication r where r.application_name = $1`;
  const drop = `select pg_catalog.pg_drop_replication_slot(s.slot_name) from pg_catalog.pg_replication_slots s where s.slot_name = $1`;
  for (let tries = 0; ; tries += 1) {
    await pool.query(end, [slot]);
    try {
      await pool.query(drop, [slot]);
      return;
    } catch (error) {
      // 55006: its session is about to end
      if (errorCode(error) !== '55006' || tries === 100) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

/** Removes a part of a copy, and the slot for which the primary keeps WAL. */
async function removeRest(pool: Pool, folder: string, { slot, work }: Mark): Promise<void> {
  await dropSlot(pool, slot);
  rmSync(work, { recursive: true, force: true });
  rmSync(markOf(folder), { force: true });
}

/** Sees to what an earlier run left. */
async function tidy(pool: Pool, folder: string, say: (text: string) => void): Promise<void> {
  const rest = unfinished(folder);
  if (rest && existsSync(rest.work)) {
    say(`A run that did not end left a part of a copy and the slot ${rest.slot}: both are removed.`);
    await removeRest(pool, folder, rest);
  } else if (rest) {
    // it ended after its copy had its place, or before it had begun
    if (holds(folder).length === 0) await dropSlot(pool, rest.slot);
    rmSync(markOf(folder));
  }
}

/** What pg_basebackup says where the primary lets nobody replicate. */
const NO_ENTRY = /no pg_hba\.conf entry for replication connection from host "([^"]+)", user "([^"]+)"/;

function explained(error: unknown): unknown {
  const found = NO_ENTRY.exec(error instanceof Error ? error.message : '');
  if (!found) return error;
  const [, host, user] = found;
  return new ColloquyError('CQ672', `The primary lets ${user} not replicate from ${host}.`, {
    hint: `Add to its pg_hba.conf: "host replication ${user} ${host}/${host!.includes(':') ? 128 : 32} scram-sha-256", then: select pg_reload_conf();`,
    cause: error,
  });
}

/** A value as postgresql.conf wants it. */
const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;

function writeSettings(folder: string, settings: Record<string, string>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoted(value)}\n`);
  appendFileSync(join(folder, 'postgresql.auto.conf'), lines.join(''));
}

async function startStandby(
  folder: string,
  version: number,
  user: SystemUser | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (!existsSync(join(folder, 'postgresql.conf')))
    throw new ColloquyError('CQ674', `${folder} has no postgresql.conf: the primary's own lies elsewhere.`, {
      hint: 'Start the standby as this machine starts its servers (Debian: pg_createcluster, then its data folder replaced by this one).',
    });
  const control = await findProgram('pg_ctl', version);
  const log = join(folder, 'server.log');
  try {
    await runProgram(control, ['--pgdata', folder, '--log', log, '--wait', '--timeout=600', 'start'], {
      cwd: folder,
      user,
      signal,
    });
  } catch (error) {
    throw new ColloquyError('CQ674', `The standby in ${folder} was copied, and does not start.`, {
      hint: `Its log is ${log}. Correct what it names, then start it; the copy need not be made again.`,
      cause: error,
    });
  }
}

/**
 * Makes a standby: copies the primary with a replication slot of its own, so that nothing that the copy needs is removed meanwhile,
 * and follows it from then on. Whatever ends it early, nothing is left: what a kill leaves is removed by the next run.
 * @throws ColloquyError CQ670 to CQ674
 */
export async function addReplica(options: AddOptions): Promise<Added> {
  const { pool, slot, dryRun, signal, say } = options;
  const folder = resolve(options.to);
  mkdirSync(dirname(folder), { recursive: true });
  const lock = await acquireFileLock(`${folder}.lock`, { what: `The folder ${folder}` });
  try {
    if (!dryRun) await tidy(pool, folder, say);
    if (holds(folder).length > 0)
      throw new ColloquyError('CQ670', `${folder} is not empty.`, {
        hint: 'Choose a folder that is empty, or not there yet.',
      });
    const facts = await primaryFacts(pool, slot);
    if (unfinished(folder)?.slot === slot) facts.slot = null;
    const warnings = judgePrimary(facts, slot);
    await findProgram('pg_basebackup', facts.version);
    if (options.start) await findProgram('pg_ctl', facts.version);
    if (dryRun) return { folder, slot, seconds: 0, isRunning: false, warnings };
    const user = await serverUser(folder);
    const begun = performance.now();
    await copy(options, folder, facts.version, user);
    const seconds = (performance.now() - begun) / 1000;
    if (options.start) await startStandby(folder, facts.version, user, signal);
    return { folder, slot, seconds, isRunning: options.start, warnings };
  } finally {
    lock.release();
  }
}

/** Copies the primary beside the folder, and gives the copy its place when it is whole. */
async function copy(
  options: AddOptions,
  folder: string,
  version: number,
  user: SystemUser | undefined,
): Promise<void> {
  const { pool, url, slot, signal, say } = options;
  const mark: Mark = { slot, work: `${folder}.${randomBytes(3).toString('hex')}` };
  writeFileSync(markOf(folder), JSON.stringify(mark), { mode: 0o600 });
  try {
    mkdirSync(mark.work, { mode: 0o700 });
    if (user) chownSync(mark.work, user.uid, user.gid);
    const args = ['--pgdata', mark.work, '--create-slot', '--slot', slot, '--write-recovery-conf'];
    await runProgram(
      await findProgram('pg_basebackup', version),
      [...args, '--wal-method=stream', '--checkpoint=fast', '--progress', '--verbose'],
      { url, env: { PGAPPNAME: slot }, cwd: '/', user, signal, onLine: say },
    );
    // the primary must not remove rows that a long read of the standby still sees
    const own = {
      hot_standby: 'on',
      hot_standby_feedback: 'on',
      cluster_name: slot,
      // once promoted, it must not wait for itself
      synchronous_standby_names: '',
    };
    writeSettings(mark.work, { ...own, ...options.settings });
    if (existsSync(folder)) rmdirSync(folder);
    renameSync(mark.work, folder);
    rmSync(markOf(folder));
  } catch (error) {
    await removeRest(pool, folder, mark);
    throw explained(error);
  }
}
