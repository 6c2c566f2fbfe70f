import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import pg, { type PoolClient } from 'pg';
import { queues } from '../../jobs/registry.ts';
import { otherDatabase } from '../../lib/connections/addresses.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { migrateDatabase, projectFolder } from '../../lib/migrations.ts';
import { acquireTestServer } from '../postgres/acquire.ts';
import { withoutPassword } from '../postgres/check.ts';

export type Scale = 'small' | 'medium' | 'large';

/** One figure against its anchor in the same run. */
export interface Ratio {
  name: string;
  /** Of what was measured, and of the anchor, in the same unit. */
  ours: number;
  anchor: number;
  unit: string;
  anchorName: string;
  ratio: number;
  /** Lowest and highest ratio of the rounds. */
  spread: [number, number];
  /** What performance.md asks for. */
  goal?: { most?: number; least?: number };
}

export interface BenchResult {
  /** Shape of the data and settings that matter, for people. */
  shape: Record<string, string | number>;
  ratios: Ratio[];
  notes: string[];
  /** A curve that says more than figures, as SVG. */
  plot?: string;
}

export interface Bench {
  about: string;
  /** Of the server, where one is started for it. */
  settings?: Record<string, string>;
  run(database: Database, scale: Scale, say: (text: string) => void): Promise<BenchResult>;
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

/** The ratio of two series of rounds that were run in turns. */
export function compare(
  name: string,
  rounds: { ours: number; anchor: number }[],
  { unit, anchorName, goal }: { unit: string; anchorName: string; goal?: Ratio['goal'] },
): Ratio {
  const ratios = rounds.map((round) => round.ours / round.anchor);
  return {
    name,
    ours: median(rounds.map((round) => round.ours)),
    anchor: median(rounds.map((round) => round.anchor)),
    unit,
    anchorName,
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    ...(goal ? { goal } : {}),
  };
}

/** Runs a file of sql/bench/ as the owner of the schema, with :name replaced by numbers. */
export async function runSql(
  database: Database,
  file: string,
  values: Record<string, number> = {},
): Promise<void> {
  const text = readFileSync(join(projectFolder, 'sql', 'bench', file), 'utf8');
  const filled = text.replace(/(?<!:):([a-z]+)\b/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
  const client = await database.pool('owner').connect();
  try {
    await client.query('set search_path = pg_catalog, extensions');
    await client.query(filled);
  } finally {
    await client.query('reset all');
    client.release();
  }
}

/** A quarter of the memory, as PostgreSQL's documentation advises: with its default a bench would measure how often pages are read again. */
const SHARED_BUFFERS = `${Math.max(128, Math.min(8192, Math.floor(totalmem() / 4 / 2 ** 20)))}MB`;

/** Makes a migrated database on a real server, with the migration in hand, hands it over, and removes it unless it is kept. */
export async function withBenchDatabase<T>(
  say: (text: string) => void,
  work: (database: Database) => Promise<T>,
  {
    keep = false,
    settings = {},
  }: { keep?: boolean | undefined; settings?: Record<string, string> | undefined } = {},
): Promise<T> {
  const server = await acquireTestServer({ say, settings: { shared_buffers: SHARED_BUFFERS, ...settings } });
  if ('reason' in server) {
    throw new ColloquyError(
      'CQ023',
      `A bench needs a real PostgreSQL 18, and there is none: ${server.reason}`,
      {
        hint: 'Set TEST_DATABASE_URL, or see docs/postgres.md.',
      },
    );
  }
  const name = `colloquy_bench_${randomBytes(4).toString('hex')}`;
  const admin = new pg.Client({ connectionString: server.adminUrl });
  admin.on('error', () => {});
  await admin.connect();
  try {
    await admin.query(`create database ${name}`);
    const url = otherDatabase(server.adminUrl, name);
    const database = serverDatabase(url);
    try {
      await database
        .pool('admin')
        .query(`grant create on database ${name} to colloquy_owner`)
        .catch(() => {});
      await migrateDatabase(database, queues, { inHand: true });
      return await work(database);
    } finally {
      await database.close();
      if (!keep) await admin.query(`drop database if exists ${name} with (force)`);
      else if (server.dir) {
        say(`Kept, for a look:
  npm run postgres -- start --dir ${server.dir}
  npm run postgres -- psql --dir ${server.dir} ${name}`);
      } else say(`Kept until you drop it: ${withoutPassword(url)}`);
    }
  } finally {
    await admin.end();
    await server.stop({ keep });
  }
}

/** The machine and the server, for the report: figures mean something only beside them. */
export async function surroundings(database: Database): Promise<Record<string, string | number>> {
  const { rows } = await database.pool('admin').query(
    `select current_setting('server_version') as version, current_setting('shared_buffers') as shared_buffers,
       current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit`,
  );
  return {
    cores: cpus().length,
    'memory GiB': Math.round(totalmem() / 2 ** 30),
    postgres: rows[0].version,
    shared_buffers: rows[0].shared_buffers,
    fsync: rows[0].fsync,
    synchronous_commit: rows[0].synchronous_commit,
  };
}

/** Begins a transaction as the owner of a workspace: what a request of theirs runs in. */
export async function beginAsOwner(
  client: PoolClient,
  { user_id, workspace_id }: { user_id: string; workspace_id: string },
): Promise<void> {
  await client.query(
    `begin; set local role colloquy_user; select set_config('colloquy.user_id', '${user_id}', true),
       set_config('colloquy.workspace_id', '${workspace_id}', true), set_config('colloquy.member_role', 'owner', true)`,
  );
}
