import type { Pool } from 'pg';
import { errorCode } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { hashOf } from '../backup/hashing.ts';

interface FileRow {
  conversation_id: string;
  storage_path: string;
  byte_size: string;
}

type Problem = 'missing' | 'damaged' | null;

export interface CheckResult {
  checked: number;
  hashed: number;
  missing: number;
  damaged: number;
}

const PAGE = 1000;
/** Rows that are taken down at once while bytes are read. */
const HASHES_AT_ONCE = 10;

async function note(
  pool: Pool,
  found: { row: FileRow; problem: Problem }[],
  withHash: boolean,
): Promise<void> {
  await pool.query('select app_hidden.note_file_checks($1, $2, $3, $4)', [
    found.map(({ row }) => row.conversation_id),
    found.map(({ row }) => row.storage_path),
    found.map(({ problem }) => problem),
    withHash,
  ]);
}

async function bySize(storage: FileStorage, row: FileRow): Promise<Problem> {
  const size = await storage.size(row.storage_path);
  if (size === null) return 'missing';
  return size === Number(row.byte_size) ? null : 'damaged';
}

async function byHash(storage: FileStorage, row: FileRow): Promise<Problem> {
  try {
    const { sha256 } = await hashOf(storage.read(row.storage_path));
    return sha256 === row.storage_path.slice(-64) ? null : 'damaged';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
}

/**
 * Compares the files of conversations with what the storage has: that each is there with its size, and of those that were hashed
 * longest ago the bytes. What is wrong is taken down, for the doctor.
 * @param hashes  how many are hashed
 */
export async function checkFiles(
  pool: Pool,
  storage: FileStorage,
  { hashes, isTimeUp = () => false }: { hashes: number; isTimeUp?: () => boolean },
): Promise<CheckResult> {
  const result: CheckResult = { checked: 0, hashed: 0, missing: 0, damaged: 0 };
  const problems = new Map<string, Problem>();
  const look = async (rows: FileRow[], compare: typeof bySize, isHashed: boolean): Promise<void> => {
    const found: { row: FileRow; problem: Problem }[] = [];
    for (const row of rows) found.push({ row, problem: await compare(storage, row) });
    await note(pool, found, isHashed);
    for (const { row, problem } of found) if (problem) problems.set(row.conversation_id, problem);
  };
  for (let after: string | null = null; !isTimeUp(); ) {
    const { rows }: { rows: FileRow[] } = await pool.query(
      'select * from app_hidden.conversation_files_to_check(after_id => $1, max_files => $2)',
      [after, PAGE],
    );
    await look(rows, bySize, false);
    result.checked += rows.length;
    after = rows.at(-1)?.conversation_id ?? null;
    if (rows.length < PAGE) break;
  }
  while (result.hashed < hashes && !isTimeUp()) {
    const { rows }: { rows: FileRow[] } = await pool.query(
      'select * from app_hidden.conversation_files_to_check(max_files => $1, oldest_hashes => true)',
      [Math.min(HASHES_AT_ONCE, hashes - result.hashed, result.checked - result.hashed)],
    );
    if (rows.length === 0) break;
    await look(rows, byHash, true);
    result.hashed += rows.length;
  }
  for (const problem of problems.values()) if (problem) result[problem] += 1;
  return result;
}
