import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

/** The statements of the page, in their order. */
const [running, cancel, terminate, large, holding] = [
  ...readFileSync(join(projectFolder, 'docs/operations/incidents.md'), 'utf8').matchAll(
    /```sql\n([\s\S]*?)```/g,
  ),
].map((match) => match[1]!);

describeReal('docs/operations/incidents.md', () => {
  let database: Database;
  let url: string;
  beforeAll(async () => {
    url = (await createTestDatabase()).url;
    database = serverDatabase(url);
  });
  afterAll(() => database?.close());

  it('finds a runaway statement, also one that is idle, and ends it', async () => {
    const [busy, idle] = [0, 1].map(
      () => new pg.Client({ connectionString: url, application_name: 'runaway' }),
    );
    for (const client of [busy!, idle!]) {
      client.on('error', () => {});
      await client.connect();
      await client.query('begin');
    }
    const admin = database.pool('admin');
    const pidOf = async (client: pg.Client): Promise<number> =>
      (await client.query('select pg_backend_pid() as pid')).rows[0].pid;
    const pids = [await pidOf(busy!), await pidOf(idle!)];
    const ended = busy!.query('select pg_sleep(600)').catch((error) => error.code);
    // its age is that of the test
    const now = running!.replace(`now() - interval '1 minute'`, 'now()');
    expect(now).not.toBe(running);
    await expect
      .poll(async () => (await database.pool('monitor').query(now)).rows)
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            pid: pids[0],
            application_name: 'runaway',
            query: 'select pg_sleep(600)',
          }),
          expect.objectContaining({ pid: pids[1], state: 'idle in transaction', waits_for: [] }),
        ]),
      );
    // to act is for administrators
    await expect(
      database.pool('monitor').query(terminate!.replace(':pid', String(pids[0]))),
    ).rejects.toMatchObject({ code: '42501' });
    await admin.query(cancel!.replace(':pid', String(pids[0])));
    expect(await ended).toBe('57014');
    const gone = new Promise((resolve) => idle!.once('end', resolve));
    await admin.query(terminate!.replace(':pid', String(pids[1])));
    await gone;
    await busy!.end();
  });

  it('says what is large, and what holds WAL', async () => {
    expect((await database.pool('monitor').query(large!)).rows).toHaveLength(10);
    for (const sql of holding!.trim().split(/;\n?/).filter(Boolean))
      await database.pool('monitor').query(sql);
  });
});
