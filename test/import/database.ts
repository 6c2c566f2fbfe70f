import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { importPaths as importInto } from '../../import/import-paths.ts';
import type { ReadOptions } from '../../import/options.ts';
import { createSummary, type Summary } from '../../import/summary.ts';
import { databaseWriter } from '../../import/writing/database-writer.ts';
import type { Visibility } from '../../import/writing/payloads.ts';
import type { Database } from '../../lib/database.ts';
import { type FileStorage, localStorage } from '../../lib/storage.ts';
import { openSession } from '../../scripts/shared/session.ts';

export interface Written {
  summary: Summary;
  /** `source: outcome`, for short assertions. */
  outcomes: string[];
}

/** Imports in this process, with a token. */
export async function importPaths(
  database: Database,
  token: string,
  paths: string | string[],
  {
    visibility = 'private',
    sharePrivate = false,
    workspace,
    storage = localStorage('/nowhere'),
    ...read
  }: ReadOptions & {
    visibility?: Visibility;
    sharePrivate?: boolean;
    workspace?: string;
    storage?: FileStorage;
  } = {},
): Promise<Written> {
  const session = await openSession(database, { token }, workspace);
  const summary = createSummary({ verbose: true });
  const outcomes: string[] = [];
  const writer = databaseWriter(session, {
    summary,
    visibility,
    sharePrivate,
    storage,
    onOutcome: (item, outcome) =>
      outcomes.push(`${item.source}: ${typeof outcome === 'string' ? outcome : outcome.reason}`),
  });
  const signal = new AbortController().signal;
  await importInto({ paths: [paths].flat(), read, writer, summary, signal, stream: { write: () => {} } });
  return { summary, outcomes };
}

/** Every row that an import may touch, with the transaction that wrote it: equal dumps mean that nothing was written. */
export async function dump(database: Database): Promise<string[]> {
  const { rows } = await database.pool('admin').query<{ line: string }>(
    `select format('document %s %s', d.xmin, to_jsonb(d)) as line from app_public.documents d
     union all select format('conversation %s %s', c.xmin, to_jsonb(c)) from app_public.conversations c
     union all select format('message %s %s', m.xmin, to_jsonb(m)) from app_public.messages m
     union all select format('key %s %s', k.xmin, to_jsonb(k)) from app_hidden.message_idempotency_keys k
     union all select format('job %s %s', j.xmin, j.id) from pgboss.job j
     order by 1`,
  );
  return rows.map((row) => row.line);
}

/** One number. */
export async function count(database: Database, sql: string, values: unknown[] = []): Promise<number> {
  const { rows } = await database.pool('admin').query<{ count: string }>(sql, values);
  return Number(rows[0]?.count);
}

const project = join(import.meta.dirname, '../..');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A process of this project's, ended with the test at the latest. */
export function run(
  script: string,
  args: string[],
  env: Record<string, string>,
): { child: ReturnType<typeof spawn>; ended: Promise<Ended>; output: () => string } {
  const child = spawn(process.execPath, [join(project, script), ...args], {
    // An empty variable counts as absent: nothing of whoever runs the tests gets in.
    env: { ...process.env, DATABASE_URL: '', COLLOQUY_EMAIL: '', COLLOQUY_PASSWORD: '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr }));
  return { child, ended, output: () => stdout };
}
