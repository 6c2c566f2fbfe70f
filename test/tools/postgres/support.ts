import { chmodSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe } from 'vitest';
import { env } from '../../../lib/env.ts';
import { errorCode } from '../../../lib/errors.ts';
import type { Binaries } from '../../../tools/postgres/packages.ts';
import { testBinaries } from '../../support/binaries.ts';

/** A new folder that the server's user may enter. */
export function openTemporaryFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'colloquy-pg-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** One connection, one piece of work. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The first column of the first row. */
export function one(url: string, sql: string): Promise<unknown> {
  return withClient(url, async (client) => Object.values((await client.query(sql)).rows[0] ?? {})[0]);
}

/** A `describe` for what starts servers itself: it needs binaries on this machine, not only a server somewhere. */
export async function describeWithBinaries(name: string, fn: (binaries: Binaries) => void): Promise<void> {
  try {
    const binaries = await testBinaries();
    describe(name, () => fn(binaries));
  } catch (error) {
    if (env.CI || !['CQ020', 'CQ021'].includes(errorCode(error) ?? '')) throw error;
    describe.skip(`${name} (no binaries here: ${String(error)})`, () => fn({} as Binaries));
  }
}
