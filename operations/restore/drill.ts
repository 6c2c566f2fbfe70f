import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Pool } from 'pg';
import { readLock } from '../../lib/lock.ts';
import { committedMigrations } from '../../lib/migrations/committed.ts';
import type { BackupSet } from '../backup/set.ts';
import { runningPostmaster, stopPostmaster } from '../postmaster.ts';
import { checkPages } from './amcheck.ts';
import { compareWithSource } from './compare-source.ts';
import { checkFiles } from './files.ts';
import { checkInvariant, type Finding, invariantNames } from './invariants.ts';
import { asking, type Restored, restore } from './restore.ts';
import type { BackupSource } from './source.ts';
import { parseLsn } from './wal-names.ts';

export interface DrillOptions {
  source: BackupSource;
  sets: readonly BackupSet[];
  set?: string;
  wal?: readonly string[];
  /** Where the copy lies while it is looked at. */
  scratch?: string;
  /** The database that the backups come from; without it nothing is compared. */
  original?: Pool;
  /** Contents of files whose bytes are read; that the others are there is looked up. */
  sampleFiles?: number;
  signal?: AbortSignal | undefined;
  say: (text: string) => void;
}

export interface DrillReport {
  /** What is taken down of it. */
  details: {
    set: string;
    chain: number;
    /** Seconds from the start to a server that answers with all the log replayed. */
    rtoSeconds: number;
    /** Seconds from the newest commit of the copy to the start: what would be lost now. 0 when nothing would. */
    rpoSeconds: number | null;
    /** The same in bytes of the log; null without the original. */
    lostBytes: number | null;
    restoredTo: string;
    walSegments: number;
    databaseBytes: number;
    invariants: number;
    pagesChecked: boolean;
    files: number;
    filesRead: number;
    filesMissing: number;
    filesDamaged: number;
    rows: Record<string, { source: number; copy: number }>;
    findings: number;
    found: string[];
    seconds: number;
  };
  findings: Finding[];
}

const PREFIX = 'colloquy-drill-';
/** One that is just being made has no lock yet. */
const JUST_MADE = 60_000;
const SAMPLE = 200;

/** Removes what drills that were killed have left: their server, and their folder. */
async function sweep(parent: string): Promise<void> {
  for (const name of readdirSync(parent).filter((each) => each.startsWith(PREFIX))) {
    const folder = join(parent, name);
    const made = statSync(folder, { throwIfNoEntry: false });
    if (!made || readLock(join(folder, 'restore.lock')) || Date.now() - made.mtimeMs < JUST_MADE) continue;
    const running = runningPostmaster(join(folder, 'data'));
    if (running) await stopPostmaster(running.pid, 'immediate');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the server that the backups come from has written by now. */
async function writtenBy(original: Pool): Promise<bigint | undefined> {
  const { rows } = await original.query(
    `select case when not pg_is_in_recovery() then pg_current_wal_insert_lsn()::text end as lsn`,
  );
  return rows[0].lsn === null ? undefined : parseLsn(rows[0].lsn);
}

function otherMigration(set: BackupSet): Finding[] {
  const newest = committedMigrations().at(-1)?.filename ?? null;
  const number = (name: string | null): string | undefined => /^\d+/.exec(name ?? '')?.[0];
  if (number(set.migration) === number(newest) || set.migration === null) return [];
  return [
    {
      name: 'migration',
      severity: 'warning',
      subject: set.id,
      detail: `The copy is at ${set.migration}, this program at ${newest}: what it is checked by may not fit.`,
      remedy: 'Take a backup after the upgrade, and drill that one.',
      runbook: 'docs/operations/restore.md#migration',
    },
  ];
}

async function look(
  options: DrillOptions,
  restored: Restored,
): Promise<
  Pick<DrillReport, 'findings'> & {
    details: Pick<
      DrillReport['details'],
      | 'invariants'
      | 'pagesChecked'
      | 'files'
      | 'filesRead'
      | 'filesMissing'
      | 'filesDamaged'
      | 'rows'
      | 'databaseBytes'
    >;
  }
> {
  const { source, original, signal, say } = options;
  const { server, database, chain, lastCommitAt } = restored;
  const set = chain.at(-1)!;
  const findings: Finding[] = otherMigration(set);
  return await asking(server, database, async (client) => {
    const names = invariantNames();
    for (const name of names) {
      signal?.throwIfAborted();
      say(`Checking ${name}`);
      findings.push(...(await checkInvariant(client, name)));
    }
    say('Reading every page');
    const pages = await checkPages(server.url(database), set.serverVersion, signal);
    findings.push(...(pages ?? []));
    say('Looking at the bytes of files');
    const files = await checkFiles(source, client, options.sampleFiles ?? SAMPLE);
    for (const [what, paths] of [
      ['missing', files.missing],
      ['damaged', files.damaged],
    ] as const) {
      if (paths.length === 0) continue;
      findings.push({
        name: 'files',
        severity: 'error',
        subject: `${paths.length} files`,
        detail: `Their bytes are ${what} in ${source.target.description}: ${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ' …' : ''}`,
        remedy: 'npm run ops -- backup full copies what the storage still has.',
        runbook: 'docs/operations/restore.md#files',
      });
    }
    const compared = original
      ? await compareWithSource(
          original,
          client,
          lastCommitAt ? new Date(lastCommitAt.microseconds / 1000) : new Date(set.stoppedAt),
        )
      : { rows: {}, findings: [] };
    findings.push(...compared.findings);
    const { rows } = await client.query('select pg_database_size(current_database()) as bytes');
    return {
      findings,
      details: {
        databaseBytes: Number(rows[0].bytes),
        invariants: names.length,
        pagesChecked: pages !== undefined,
        files: files.wanted,
        filesRead: files.restored,
        filesMissing: files.missing.length,
        filesDamaged: files.damaged.length,
        rows: compared.rows,
      },
    };
  });
}

const seconds = (from: number, to = Date.now()): number => Math.max(0, Math.round((to - from) / 100) / 10);

/**
 * Restores the newest set, or another one, into a scratch server, to the newest point that there is, and checks that the copy is whole.
 * The server and its folder are gone afterwards, whatever happens.
 */
export async function drill(options: DrillOptions): Promise<DrillReport> {
  const started = Date.now();
  const parent = resolve(options.scratch ?? tmpdir());
  mkdirSync(parent, { recursive: true });
  await sweep(parent);
  const written = options.original && (await writtenBy(options.original));
  const to = mkdtempSync(join(parent, PREFIX));
  // the server's user enters it, and nobody sees what is below
  chmodSync(to, 0o711);
  let restored: Restored | undefined;
  try {
    restored = await restore({
      source: options.source,
      sets: options.sets,
      ...(options.set === undefined ? {} : { set: options.set }),
      ...(options.wal === undefined ? {} : { wal: options.wal }),
      to,
      goal: { to: 'latest' },
      durable: false,
      signal: options.signal,
      say: options.say,
    });
    const ready = Date.now();
    const set = restored.chain.at(-1)!;
    const restoredTo = restored.lastCommitAt
      ? new Date(restored.lastCommitAt.microseconds / 1000)
      : new Date(set.stoppedAt);
    const lostBytes = written === undefined ? null : Math.max(0, Number(written - restored.end.lsn));
    const looked = await look(options, restored);
    return {
      findings: looked.findings,
      details: {
        set: set.id,
        chain: restored.chain.length,
        rtoSeconds: seconds(started, ready),
        rpoSeconds: lostBytes === 0 ? 0 : seconds(restoredTo.getTime(), started),
        lostBytes,
        restoredTo: restoredTo.toISOString(),
        walSegments: restored.walSegments,
        ...looked.details,
        findings: looked.findings.length,
        found: looked.findings.slice(0, 20).map(({ name, subject }) => `${name}: ${subject}`.slice(0, 200)),
        seconds: seconds(started),
      },
    };
  } finally {
    await restored?.server.stop();
    restored?.folder.release();
    rmSync(to, { recursive: true, force: true });
  }
}
