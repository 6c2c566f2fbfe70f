import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { Database } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { prepareRoles } from '../../lib/migrations.ts';
import { type BackupKeys, bareName } from '../backup/sealing.ts';
import type { BackupSet } from '../backup/set.ts';
import type { BackupTarget } from '../backup/target.ts';
import { findProgram, runProgram } from '../programs.ts';
import { openPart } from './part.ts';
import { DUMP, type DumpFacts, FACTS, factsSchema } from './pg-dump.ts';

export interface PgRestoreOptions {
  target: BackupTarget;
  keys: BackupKeys;
  set: BackupSet;
  /** As an administrator of its server; the database is empty. */
  into: Database;
  /** For the files of the dump: made, and removed. */
  folder: string;
  jobs: number;
  /** Mebibytes for the build of one vector index. */
  indexMemory?: number;
  /** For a database that is read and dropped. */
  withoutVectorIndexes?: boolean;
  signal?: AbortSignal | undefined;
  onStep?: (step: string, share: number) => void;
}

/** Whether a line of a table of contents is about a vector index, or attaches one. */
function isAbout(indexes: ReadonlySet<string>): (line: string) => boolean {
  return (line) =>
    / (?:INDEX|INDEX ATTACH|STATISTICS DATA|COMMENT|CLUSTER) /.test(line) &&
    line.split(/[\s.]+/).some((word) => indexes.has(word));
}

const PLACE = `select current_setting('server_version_num')::int as version, current_database() as name`;

async function fetchFiles(
  { target, keys, set, signal }: PgRestoreOptions,
  folder: string,
): Promise<DumpFacts> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const named = (name: string): string =>
    set.parts.find((part) => bareName(part.name) === name)?.name ?? name;
  const facts = factsSchema.parse(await json(await openPart(target, keys, set, named(FACTS))));
  await runProgram('tar', ['--extract', '--file=-', `--directory=${folder}`, '--no-same-owner'], {
    input: await openPart(target, keys, set, named(DUMP), { unpack: true }),
    ...(signal ? { signal } : {}),
  });
  return facts;
}

/** Tells how far an index build is, until it is stopped. */
function watchBuilds(
  into: Database,
  onStep: ((step: string, share: number) => void) | undefined,
): () => Promise<void> {
  if (!onStep) return async () => {};
  let isOver = false;
  const watch = (async () => {
    while (!isOver) {
      const { rows } = await into
        .pool('admin')
        .query(
          `select coalesce(p.index_relid::regclass::text, '') as name, coalesce(p.blocks_done::float8 / nullif(p.blocks_total, 0), 0) as share
           from pg_stat_progress_create_index p where p.datname = current_database() limit 1`,
        )
        .catch(() => ({ rows: [] }));
      if (rows[0]) onStep(`vector index ${rows[0].name}`, rows[0].share);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  return async () => {
    isOver = true;
    await watch;
  };
}

/** Compares what is there with what the dump says was there. */
async function demandCounts(into: Database, counts: DumpFacts['counts']): Promise<number> {
  let rows = 0;
  for (const [table, count] of Object.entries(counts)) {
    const found = await into.pool('admin').query(`select count(*)::text as count from ${table}`);
    const there = Number(found.rows[0].count);
    rows += there;
    if (there === count) continue;
    throw new ColloquyError(
      'CQ683',
      `${table} has ${there} rows after the restore, and had ${count} when it was dumped.`,
      {
        hint: 'Drop the database and restore again; if it happens again, report it as a bug.',
      },
    );
  }
  return rows;
}

/**
 * Restores the files of pg_dump into an empty database: roles, everything but vector indexes, those with memory of their own, what may
 * connect; then counts.
 * @throws ColloquyError CQ604 without pg_restore, CQ605 with its words when it fails, CQ683 when rows are missing
 */
export async function pgRestore(options: PgRestoreOptions): Promise<{ rows: number }> {
  const { into, folder, jobs, signal, onStep, indexMemory = 512 } = options;
  const admin = into.pool('admin');
  const { version, name } = (await admin.query(PLACE)).rows[0];
  const program = await findProgram('pg_restore', version);
  const files = join(folder, 'files');
  const restore = async (
    list: string[],
    count: number,
    environment: Record<string, string> = {},
  ): Promise<void> => {
    const path = join(folder, 'list');
    await writeFile(path, list.join('\n'));
    await runProgram(
      program,
      [
        `--jobs=${count}`,
        '--exit-on-error',
        '--no-password',
        `--use-list=${path}`,
        `--dbname=${name}`,
        files,
      ],
      { url: into.url('admin'), env: environment, ...(signal ? { signal } : {}) },
    );
  };
  try {
    onStep?.('reading the dump', 0);
    const facts = await fetchFiles(options, files);
    const isVector = isAbout(new Set(facts.vectorIndexes));
    // the schemas and the extensions come with the dump
    await prepareRoles(into, { onlyRoles: true });
    const { stdout } = await runProgram(program, ['--list', files], signal ? { signal } : {});
    const list = stdout.split('\n').filter((line) => /^\d+;/.test(line));
    onStep?.('tables and rows', 0);
    await restore(
      list.filter((line) => !isVector(line)),
      jobs,
    );
    if (!options.withoutVectorIndexes) {
      const stop = watchBuilds(into, onStep);
      try {
        await restore(
          list.filter((line) => isVector(line)),
          1,
          {
            PGOPTIONS: `-c maintenance_work_mem=${indexMemory}MB`,
          },
        );
      } finally {
        await stop();
      }
    }
    await prepareRoles(into);
    return { rows: await demandCounts(into, facts.counts) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
