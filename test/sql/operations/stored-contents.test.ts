import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, describeReal, type TestDatabase } from '../../support/server.ts';
import { one, withClient } from '../../tools/postgres/support.ts';

describeReal('the contents that belong to a backup', () => {
  let database: TestDatabase;
  const ask = (sql: string) => one(database.url, sql);

  beforeAll(async () => {
    database = await createTestDatabase();
    await withClient(database.url, (client) =>
      client.query(`
        insert into app_public.users (email) values ('a@example.org'), ('b@example.org');
        insert into app_public.workspaces (name, slug) values ('One', 'one'), ('Two', 'two');
        insert into app_public.files (workspace_id, owner_id, original_name, mime_type, byte_size, sha256)
        select w.id, u.id, 'a.txt', 'text/plain', 5, sha256(n::text::bytea)
        from app_public.workspaces w, app_public.users u, generate_series(1, 2) n
        where w.slug in ('one', 'two') and u.email in ('a@example.org', 'b@example.org')`),
    );
  });
  afterAll(() => database?.drop());

  it('are each named once, by path, also while the bytes of deleted ones may be there', async () => {
    const paths = `select array_agg(storage_path) from app_hidden.stored_contents() where is_wanted`;
    const all = (await ask(paths)) as string[];
    expect(all).toHaveLength(4);
    expect(all).toEqual([...all].sort());
    await ask(
      `delete from app_public.files where storage_path = '${all[1]}' and owner_id = (select id from app_public.users where email = 'a@example.org')`,
    );
    expect(await ask(paths)).toEqual(all);
    await ask(`delete from app_public.files where storage_path = '${all[1]}'`);
    expect(await ask(paths)).toEqual(all.filter((_, index) => index !== 1));
    expect(
      await ask(
        'select array_agg(storage_path || sha256) from app_hidden.stored_contents() where not is_wanted',
      ),
    ).toEqual([`${all[1]}${all[1]!.split('/')[2]}`]);
  });

  it('are the business of the role of backups alone', async () => {
    for (const role of [
      'colloquy_visitor',
      'colloquy_user',
      'colloquy_admin',
      'colloquy_worker',
      'colloquy_monitor',
    ])
      expect(
        await ask(`select has_function_privilege('${role}', 'app_hidden.stored_contents()', 'execute')`),
        role,
      ).toBe(false);
    expect(
      await ask(
        `select has_function_privilege('colloquy_backup', 'app_hidden.stored_contents()', 'execute')`,
      ),
    ).toBe(true);
    expect(await ask(`select has_database_privilege('colloquy_backup', current_database(), 'connect')`)).toBe(
      true,
    );
  });

  it('lose no bytes while a backup holds them', async () => {
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query(`select pg_advisory_lock(hashtextextended('colloquy contents', 5640871))`);
    const found = () => ask('select count(*)::int from app_hidden.find_discarded_contents()');
    const [path] = (await ask(
      'select array_agg(storage_path) from app_hidden.stored_contents() where not is_wanted',
    )) as string[];
    const release = () => ask(`select app_hidden.release_content('${path}')`);
    expect([await found(), await release()]).toEqual([0, false]);
    await holder.end();
    await expect.poll(found).toBe(1);
    expect([await release(), await found()]).toEqual([true, 0]);
  });
});
