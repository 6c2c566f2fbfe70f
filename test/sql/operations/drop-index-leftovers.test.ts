import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, inTransaction, serverDatabase } from '../../../lib/database.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';

describeReal('what an interrupted rebuild left of an index', () => {
  let database: Database;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    // as "reindex concurrently" leaves it; and one that somebody else left, which is no leftover of ours
    await database.pool('owner').query(`
      create index tags_pkey_ccnew on app_public.tags (id); create index tags_pkey_ccold1 on app_public.tags (id);
      create index tags_unfinished on app_public.tags (id); create index tags_whole_ccnew on app_public.tags (id)`);
    await database.pool('admin').query(
      `update pg_index set indisvalid = false where indexrelid = any (
         array['app_public.tags_pkey_ccnew', 'app_public.tags_pkey_ccold1', 'app_public.tags_unfinished']::regclass[])`,
    );
  });
  afterAll(() => database?.close());

  const drop = async (): Promise<string[]> =>
    (
      await database
        .pool('worker')
        .query('select * from app_hidden.drop_index_leftovers() as name order by 1')
    ).rows.map(({ name }) => name);

  it('stays while something is built on its table, or readers are at it', async () => {
    for (const mode of ['share update exclusive', 'access share']) {
      await inTransaction(database.pool('owner'), async (client) => {
        await client.query(`lock table app_public.tags in ${mode} mode`);
        expect(await drop(), mode).toEqual([]);
      });
    }
  });

  it('goes then, and nothing else does; what is invalid is due to be rebuilt', async () => {
    expect(await drop()).toEqual(['app_public.tags_pkey_ccnew', 'app_public.tags_pkey_ccold1']);
    const { rows } = await database
      .pool('monitor')
      .query('select index_name, reason from app_hidden.indexes_to_rebuild()');
    expect(rows).toEqual([{ index_name: 'app_public.tags_unfinished', reason: 'invalid' }]);
    const { rows: there } = await database
      .pool('owner')
      .query(`select to_regclass('app_public.tags_whole_ccnew') is not null as is_there`);
    expect(there).toEqual([{ is_there: true }]);
  });

  it('is the business of the worker and the owner', async () => {
    for (const [role, call] of [
      ['monitor', 'drop_index_leftovers'],
      ['authenticator', 'drop_index_leftovers'],
      ['authenticator', 'index_health'],
      ['authenticator', 'indexes_to_rebuild'],
      ['authenticator', 'tables_to_analyze'],
      ['authenticator', 'maintenance_limits'],
    ] as const) {
      await expect(
        database.pool(role).query(`select * from app_hidden.${call}()`),
        `${role} ${call}`,
      ).rejects.toMatchObject({ code: '42501' });
    }
  });
});
