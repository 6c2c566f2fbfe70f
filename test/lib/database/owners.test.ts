import { afterAll, beforeAll, expect, it } from 'vitest';
import { queues } from '../../../jobs/registry.ts';
import { demandOwners } from '../../../lib/database/owners.ts';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { log } from '../../../lib/log.ts';
import { migrateDatabase } from '../../../lib/migrations.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';

log.level = 'silent';

describeReal('objects that belong to others', () => {
  let database: Database;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(() => database?.close());

  const sql = (text: string) => database.pool('admin').query(text);
  const migrate = (allFunctions = false) => migrateDatabase(database, queues, { inHand: true, allFunctions });
  const openToAll = `select count(*)::int as count from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where a.grantee = 0 and p.pronamespace in ('app_public'::regnamespace, 'app_hidden'::regnamespace)`;

  it('are none in a database that was migrated, and every login can tell', async () => {
    for (const role of ['admin', 'owner', 'authenticator', 'worker'] as const)
      await expect(demandOwners(database.pool(role))).resolves.toBeUndefined();
  });

  it('are refused before anything is migrated, and handed over by a repair', async () => {
    // as a restore with --no-owner leaves them
    await sql('alter table app_public.messages owner to current_user');
    await sql('alter type app_public.message_role owner to current_user');
    await sql('alter schema app_hidden owner to current_user');
    await sql(
      'alter function app_public.sign_out() owner to current_user; grant execute on function app_public.sign_out() to public',
    );
    const refusal = { code: 'CQ048', message: expect.stringContaining('routine app_public.sign_out()') };
    await expect(migrate()).rejects.toMatchObject(refusal);
    await expect(demandOwners(database.pool('authenticator'))).rejects.toMatchObject({
      ...refusal,
      hint: expect.stringContaining('npm run migrate -- --repair'),
    });
    await migrate(true);
    await expect(demandOwners(database.pool('worker'))).resolves.toBeUndefined();
    expect((await sql(openToAll)).rows).toEqual([{ count: 0 }]);
    // and what was granted is granted again
    expect(
      (await sql(`select has_function_privilege('colloquy_user', 'app_public.sign_out()', 'execute') as may`))
        .rows,
    ).toEqual([{ may: true }]);
  });
});
