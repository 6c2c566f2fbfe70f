import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, type TestUser } from '../support/users.ts';

describeReal('who a request is for', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;
  const admin = () => database.pool('admin');

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
  });
  afterAll(async () => {
    await database?.close();
  });

  it('lets two tenants store the same, and tells neither of the other', async () => {
    const store = (user: TestUser) =>
      asUser(database, user, (client) =>
        client.query(
          `select app_public.create_document('The same', 'The same text'), app_public.remember('The same'),
             app_hidden.register_file('same.txt', 'text/plain', 4, sha256('same')), app_public.add_tag('same', 'document', (app_public.create_document('Tagged', 'x')).id),
             app_public.ingest_event('git', 'push', '{}', 'same'), app_public.create_repository('same')`,
        ),
      );
    await store(ann);
    await store(bob);
  });

  it('takes from no argument of a search whom it is for', async () => {
    const { rows } = await admin().query(
      `select p.oid::regprocedure::text as function from pg_proc p
       where p.pronamespace = 'app_public'::regnamespace and p.proname ~ '^(search|recall|conversation_messages|explain|replay)'
         and exists (select from unnest(p.proargnames[1:p.pronargs]) as name where name ~ '(user|owner|workspace|tenant)')`,
    );
    expect(rows).toEqual([]);
  });

  it('shows nothing when nobody is signed in, and raises nothing either', async () => {
    await asUser(database, ann, (client) => client.query('select app_public.start_conversation()'));
    // on a connection that never had a setting, and on one behind a pooler, where they read as '' afterwards
    for (const setting of [null, '']) {
      const client = await admin().connect();
      try {
        await client.query('begin; set local role colloquy_user');
        if (setting !== null) {
          await client.query(
            `select set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true)`,
          );
        }
        expect((await client.query('select * from app_public.conversations')).rows).toEqual([]);
      } finally {
        await client.query('rollback');
        client.release();
      }
    }
  });

  it('lets no request role read a materialised view, which cannot have policies', async () => {
    const { rows } = await admin().query(
      `select c.oid::regclass::text as view, r.rolname from pg_class c
       cross join (values ('colloquy_visitor'), ('colloquy_user'), ('colloquy_admin')) as r (rolname)
       where c.relkind = 'm' and c.relnamespace::regnamespace::text like 'app\\_%' and has_any_column_privilege(r.rolname, c.oid, 'select')`,
    );
    expect(rows).toEqual([]);
  });
});
