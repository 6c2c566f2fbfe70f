import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import { axis, type Content, indexAll } from '../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../support/users.ts';
import { call, database, endScene, fails, of, setScene, tenants } from './attacks/scene.ts';

describeReal('the access of a tenant', () => {
  beforeAll(setScene);
  afterAll(endScene);

  describe('sessions', () => {
    it('tells the workspace of a stranger from one that is not there by nothing', async () => {
      const { ann, bob } = tenants;
      const enter = (workspace: string) =>
        database
          .pool('authenticator')
          .query('select * from app_hidden.authenticate($1, $2)', [ann.token, workspace]);
      const refused = await fails(enter(bob.workspaceId));
      expect(refused.code).toBe('CQ107');
      expect(await fails(enter('01890000-0000-7000-8000-000000000000'))).toEqual(refused);
      expect((await enter(ann.workspaceId)).rows[0]).toMatchObject({
        user_id: ann.id,
        workspace: ann.workspaceId,
        member_role: 'owner',
        database_role: 'colloquy_user',
      });
    });

    it('ends the access of somebody who left the workspace, or whose account is switched off', async () => {
      const { member } = tenants;
      const guest = await registerUser(database, 'guest@example.org');
      const owner = database.pool('owner');
      await owner.query(
        `insert into app_public.workspace_members (workspace_id, user_id, role) values ($1, $2, 'viewer')`,
        [member.workspaceId, guest.id],
      );
      const enter = (workspace: string | null) =>
        database
          .pool('authenticator')
          .query('select * from app_hidden.authenticate($1, $2)', [guest.token, workspace]);
      expect((await enter(member.workspaceId)).rows[0]).toMatchObject({ member_role: 'viewer' });
      await owner.query('delete from app_public.workspace_members where workspace_id = $1 and user_id = $2', [
        member.workspaceId,
        guest.id,
      ]);
      expect(await fails(enter(member.workspaceId))).toMatchObject({ code: 'CQ107' });
      await owner.query('update app_public.users set is_active = false where id = $1', [guest.id]);
      expect((await enter(null)).rows).toEqual([]);
    });

    it('lets the login of the API become a request role and nothing else', async () => {
      const { rows } = await database.pool('owner').query(`
        select r.rolname as name, array(select g.rolname::text from pg_roles g where pg_has_role(r.oid, g.oid, 'set') and g.oid <> r.oid order by 1) as can_become,
          r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication as mighty
        from pg_roles r where r.rolname like 'colloquy\\_%' order by 1`);
      expect(rows).toEqual([
        { name: 'colloquy_admin', can_become: [], mighty: false },
        {
          name: 'colloquy_authenticator',
          can_become: ['colloquy_admin', 'colloquy_user', 'colloquy_visitor'],
          mighty: false,
        },
        // reads all for a dump; nobody can become it
        { name: 'colloquy_backup', can_become: ['pg_read_all_data'], mighty: true },
        // vacuums and rebuilds every table, and reads none
        { name: 'colloquy_maintenance', can_become: [], mighty: false },
        { name: 'colloquy_monitor', can_become: expect.arrayContaining(['pg_monitor']), mighty: false },
        { name: 'colloquy_owner', can_become: [], mighty: false },
        { name: 'colloquy_user', can_become: [], mighty: false },
        { name: 'colloquy_visitor', can_become: [], mighty: false },
        // rebuilds and vacuums, and looks daily at the whole database; each is less than it may do itself
        {
          name: 'colloquy_worker',
          can_become: expect.arrayContaining(['colloquy_maintenance', 'colloquy_monitor']),
          mighty: false,
        },
      ]);
    });
  });

  it('lets the login of backups read everything and write nothing', async () => {
    const client = await database.pool('admin').connect();
    const attempt = async (sql: string) => {
      await client.query('savepoint attempt');
      try {
        return (await client.query(sql)).rowCount;
      } catch (error) {
        await client.query('rollback to savepoint attempt');
        return (error as { code?: string }).code;
      }
    };
    try {
      await client.query('begin; set local role colloquy_backup');
      const { rows } = await client.query(
        `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'm') and n.nspname in ('app_public', 'app_hidden', 'app_private')`,
      );
      expect(rows.length).toBeGreaterThan(50);
      for (const { name } of rows) {
        expect(await attempt(`select count(*) from ${name}`), name).toBe(1);
        expect(await attempt(`delete from ${name}`), name).toBe('42501');
      }
      // as many as the owner sees: no policy leaves anything out
      const count = 'select count(*)::int as n from app_public.messages';
      const seen = (await client.query(count)).rows[0].n;
      expect(seen).toBe((await database.pool('owner').query(count)).rows[0].n);
      expect(seen).toBeGreaterThan(0);
      expect(await attempt(`select app_hidden.authenticate('x')`)).toBe('42501');
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  describe('visibility', () => {
    const kinds = [
      { kind: 'document', table: 'documents', id: (all: Content) => all.document },
      { kind: 'conversation', table: 'conversations', id: (all: Content) => all.conversation },
    ];
    it.each(kinds)('of a $kind takes effect at once, in both directions', async ({ table, kind, id }) => {
      const { owner, member, viewer } = tenants;
      await indexAll(database);
      const source = id(of(owner));
      const view = (user: TestUser) =>
        asUser(database, user, async (client) => {
          const rows = async (sql: string, ...values: unknown[]) =>
            (await client.query(sql, values)).rowCount ?? 0;
          return {
            row: await rows(`select from app_public.${table} where id = $1`, source),
            messages: await rows('select from app_public.messages where conversation_id = $1', source),
            chunks: await rows(
              'select from app_public.chunks where coalesce(document_id, conversation_id) = $1',
              source,
            ),
            embeddings: await rows(
              'select from app_public.embeddings e join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id where coalesce(c.document_id, c.conversation_id) = $1',
              source,
            ),
            found: await rows(
              `select from app_public.search('zebra', $2::extensions.halfvec, max_results => 100) as s cross join unnest(s.results) as r where coalesce(r.document_id, r.conversation_id) = $1`,
              source,
              JSON.stringify(axis(512, 0)),
            ),
          };
        });
      const share = (visibility: string) =>
        call(owner, `update app_public.${table} set visibility = $1 where id = $2`, visibility, source);
      const nothing = { row: 0, messages: 0, chunks: 0, embeddings: 0, found: 0 };
      const n = kind === 'document' ? 1 : 2;
      const all = { row: 1, messages: kind === 'document' ? 0 : n, chunks: n, embeddings: n, found: n };
      expect(await view(owner)).toEqual(all);
      for (const [visibility, expected] of [
        ['private', nothing],
        ['workspace', all],
        ['private', nothing],
      ] as const) {
        await share(visibility);
        expect(await view(owner)).toEqual(all);
        expect(await view(member)).toEqual(expected);
        expect(await view(viewer)).toEqual(expected);
        expect(await view(tenants.bob)).toEqual(nothing);
      }
      expect(
        (await call(member, `update app_public.${table} set visibility = 'workspace' where id = $1`, source))
          .rowCount,
      ).toBe(0);
    });
  });
});
