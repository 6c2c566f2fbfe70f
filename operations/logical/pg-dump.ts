import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { z } from 'zod';
import { projectFolder } from '../../lib/migrations.ts';
import { keyOfSet } from '../backup/catalogue.ts';
import { type BackupKeys, compressed, putObject } from '../backup/sealing.ts';
import type { BackupSet } from '../backup/set.ts';
import type { BackupTarget } from '../backup/target.ts';
import { findProgram, runProgram } from '../programs.ts';
import type { OpenSource } from './source.ts';

/** The files of pg_dump, as a tar, and what stands beside them. */
export const DUMP = 'dump.tar.zst';
const GLOBALS = 'globals.sql';
export const FACTS = 'dump.json';

/** What a restore goes by. */
export const factsSchema = z.object({
  /** Rows of each table. */
  counts: z.record(z.string(), z.number().int()),
  /** Names of vector indexes, which are built apart. */
  vectorIndexes: z.array(z.string()),
});
export type DumpFacts = z.infer<typeof factsSchema>;

const globalsQuery = readFileSync(join(projectFolder, 'sql/operations/globals.sql'), 'utf8');

export interface PgDumpOptions {
  url: string;
  serverVersion: number;
  /** Is made here, and must not be there. */
  folder: string;
  jobs: number;
  signal?: AbortSignal | undefined;
  onLine?: (line: string) => void;
}

/** A directory-format dump of the moment of a source, with the statistics of the planner. */
export async function dumpInto(source: OpenSource, options: PgDumpOptions): Promise<void> {
  const { rows } = await source.client.query('select pg_export_snapshot() as snapshot');
  const program = await findProgram('pg_dump', options.serverVersion);
  await runProgram(
    program,
    [
      ...[
        '--format=directory',
        `--jobs=${options.jobs}`,
        '--compress=zstd:3',
        '--statistics',
        '--no-password',
      ],
      ...['--verbose', `--snapshot=${rows[0].snapshot}`, `--file=${options.folder}`],
    ],
    {
      url: options.url,
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.onLine ? { onLine: options.onLine } : {}),
    },
  );
}

/** How many rows each table has at the moment of a source: what a restored dump is held against; and which indexes are of vectors. */
async function factsOf(source: OpenSource): Promise<DumpFacts> {
  const counts: Record<string, number> = {};
  for (const { name } of source.tables) {
    const { rows } = await source.client.query(`select count(*)::text as count from ${name}`);
    counts[name] = Number(rows[0].count);
  }
  const { rows } = await source.client.query<{ name: string }>(
    `select c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_am a on a.oid = c.relam
     where a.amname in ('hnsw', 'ivfflat') and c.relkind in ('i', 'I') order by 1`,
  );
  return { counts, vectorIndexes: rows.map(({ name }) => name) };
}

/** Puts the files of a dump, the roles and the counts into a target. */
export async function putDump(
  target: BackupTarget,
  keys: BackupKeys,
  id: string,
  folder: string,
  source: OpenSource,
  signal?: AbortSignal,
): Promise<BackupSet['parts']> {
  const parts: BackupSet['parts'] = [];
  const put = async (name: string, content: Readable): Promise<void> => {
    signal?.throwIfAborted();
    const { key, ...written } = await putObject(target, keyOfSet(id, name), content, keys);
    parts.push({ name: key.slice(keyOfSet(id, '').length), ...written });
  };
  const packed = new PassThrough();
  const tar = runProgram('tar', ['--create', '--file=-', `--directory=${folder}`, '.'], {
    output: packed,
    ...(signal ? { signal } : {}),
  });
  tar.catch((error) => packed.destroy(error));
  await Promise.all([put(DUMP, compressed(packed)), tar]);
  const { rows } = await source.client.query<{ line: string }>(globalsQuery);
  const text = (content: string): Readable => Readable.from([Buffer.from(content)]);
  await put(GLOBALS, text(`${rows.map(({ line }) => line).join('\n')}\n`));
  await put(FACTS, text(JSON.stringify(await factsOf(source))));
  return parts;
}
