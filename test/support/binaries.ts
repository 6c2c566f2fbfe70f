import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { withFileLock } from '../../lib/lock.ts';
import { findBinaries } from '../../tools/postgres/acquire.ts';
import type { Binaries } from '../../tools/postgres/packages.ts';

/**
 * Where the programs of PostgreSQL are: looked for, and each of their files found to be whole, once per run.
 * @throws ColloquyError as findBinaries does
 */
export function testBinaries(): Promise<Binaries> {
  const kept = join(inject('scratch'), 'binaries.json');
  const lock = { what: 'Where the programs of PostgreSQL are', wait: 600_000 };
  return withFileLock(`${kept}.lock`, lock, async () => {
    if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as Binaries;
    const found = await findBinaries();
    writeFileSync(`${kept}.half`, JSON.stringify(found));
    renameSync(`${kept}.half`, kept);
    return found;
  });
}
