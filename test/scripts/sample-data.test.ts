import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { run as runProgram } from '../../tools/postgres/run.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/sample-data.ts', import.meta.url));
const SMALL = ['--messages', '300', '--workspaces', '3', '--years', '0.5', '--until', '2026-01-31'];

describeReal('npm run sample-data', () => {
  let database: Database;
  let url: string;

  beforeAll(async () => {
    ({ url } = await createTestDatabase());
    database = serverDatabase(url);
  });
  afterAll(async () => {
    await database?.close();
  });

  const env = () => ({ ...process.env, DATABASE_URL: url, LOG_LEVEL: 'error' });
  const run = (...words: string[]) => runProgram(process.execPath, [SCRIPT, ...words], { env: env() });
  const count = async (table: string): Promise<number> =>
    (await database.pool('owner').query(`select count(*)::int as n from ${table}`)).rows[0].n;

  it('refuses numbers that make no sense, and a database that people use', { timeout: LONG }, async () => {
    for (const words of [
      ['--messages', 'many'],
      ['--messages', '5', '--conversations', '6'],
      ['--until', '2999-01-01'],
      ['--into', 'nowhere'],
    ]) {
      const refused = await run(...words);
      expect([words, refused.code, refused.stderr]).toEqual([words, 2, expect.stringContaining('CQ019')]);
    }
    const production = await run(...SMALL);
    expect([production.code, production.stderr]).toEqual([1, expect.stringContaining('CQ243')]);
    expect((await run('--remove')).stderr).toContain('CQ243');
    expect(await count('app_public.users')).toBe(0);
  });

  it('says what it would do, leaves nothing half when it is killed, goes on, and is removed', {
    timeout: LONG,
  }, async () => {
    await database
      .pool('owner')
      .query(`update app_private.settings set value = 'development' where name = 'environment'`);
    const dry = await run(...SMALL, '--dry-run', '--json');
    expect(JSON.parse(dry.stdout)).toMatchObject({
      messages: 300,
      conversations: 3,
      workspaces: 3,
      documents: 15,
      seed: 1,
    });
    expect(await count('app_public.users')).toBe(0);

    // held up in the middle of its messages, and killed there
    const holder = await database.pool('owner').connect();
    await holder.query('begin; lock table app_public.tool_calls in access exclusive mode');
    const child = spawn(process.execPath, [SCRIPT, ...SMALL], { env: env(), stdio: 'ignore' });
    const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database() and query like '%app_public.tool_calls%'`;
    await until(async () => (await database.pool('admin').query(waiting)).rows.length > 0);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await holder.query('rollback');
    holder.release();
    await until(async () => (await database.pool('admin').query(waiting)).rows.length === 0);
    await until(async () => {
      const { rows } = await database
        .pool('admin')
        .query(
          `select from pg_stat_activity where datname = current_database() and query like '%app_public.%' and state <> 'idle' and pid <> pg_backend_pid()`,
        );
      return rows.length === 0;
    });
    const half = await count('app_public.messages');
    expect([0, 300]).toContain(half);

    const done = await run(...SMALL, '--json');
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      isComplete: true,
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await count('app_public.messages')).toBe(300);
    expect(await count('app_public.conversations')).toBe(3);
    expect((await run('--remove')).stdout).toContain('3 conversations, 300 messages');
    expect(await count('app_public.workspaces')).toBe(0);
  });
});
