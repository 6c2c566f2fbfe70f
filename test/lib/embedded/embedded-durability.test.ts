import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbedded, runningEmbedded } from '../../../lib/embedded/open.ts';
import { until } from '../../support/users.ts';

describe('the folder of an embedded database', () => {
  let folder: string;
  let child: ChildProcess | undefined;
  /** The row that the child has committed last, as it said. */
  let committed = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'colloquy-embedded-'));
    child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../../support/embedded-process.ts', import.meta.url))],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    child.stdout!.on('data', (data) => {
      committed = Math.max(committed, ...String(data).split('\n').slice(0, -1).map(Number));
    });
    child.stdin!.write(`${folder}\n`);
    await until(async () => committed >= 20);
  });
  afterAll(() => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('belongs to one process at a time, and that one can be asked', async () => {
    await expect(openEmbedded(folder)).rejects.toMatchObject({ code: 'CQ010' });
    const url = runningEmbedded(folder);
    expect(url).toBeDefined();
    const client = new pg.Client({ connectionString: url!('postgres') });
    await client.connect();
    const { rows } = await client.query('select count(*)::int as n from written');
    await client.end();
    expect(rows[0].n).toBeGreaterThanOrEqual(20);
  });

  it('keeps every commit when its process is killed, and opens again', async () => {
    const before = committed;
    await until(async () => committed > before);
    const gone = once(child!, 'exit');
    child!.kill('SIGKILL');
    await gone;
    const last = committed;
    expect(runningEmbedded(folder)).toBeUndefined();

    let database = await openEmbedded(folder);
    const facts = async () =>
      (
        await database
          .pool('postgres')
          .query(
            'select count(*)::int as n, max(n) as last, bool_and(length(filler) = 2000) as whole from written',
          )
      ).rows[0];
    const found = await facts();
    // perhaps one more, that it could not say any more
    expect(found.n).toBeGreaterThanOrEqual(last);
    expect(found).toEqual({ n: found.n, last: found.n, whole: true });
    await database.pool('postgres').query('insert into written values (0, repeat($1, 2000))', ['y']);
    await database.close();
    await database.close();
    expect(runningEmbedded(folder)).toBeUndefined();

    database = await openEmbedded(folder);
    expect(await facts()).toEqual({ n: found.n + 1, last: found.n, whole: true });
    await database.close();
  });
});
