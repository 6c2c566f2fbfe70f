import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { describeFunctions, describePrivileges } from '../support/privileges.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import {
  addContent,
  addDialogue,
  axis,
  type Content,
  createTenants,
  type Dialogue,
  indexAll,
  type Tenants,
} from '../support/tenants.ts';
import { asRole, asUser, asVisitor, registerUser, type TestUser } from '../support/users.ts';

/**
 * To whom the rows of a table belong, as a condition over $1 the user, $2 the workspace of the request and $3 all
 * workspaces of the user. A table of app_public that is not here fails the suite: say it when you add one.
 */
const MANAGES = `exists (select from app_public.workspace_members m where m.workspace_id = $2 and m.user_id = $1 and m.role in ('owner', 'admin'))`;
const READABLE = `workspace_id = $2 and (owner_id = $1 or visibility = 'workspace')`;
const BELONGS: Record<string, string> = {
  api_keys: `workspace_id = $2 and (owner_id = $1 or ${MANAGES})`,
  audit_logs: `workspace_id = $2 and ${MANAGES} or workspace_id is null and user_id = $1`,
  chunks: `workspace_id = $2 and (owner_id = $1 or visibility = 'workspace')`,
  conversation_reads: 'workspace_id = $2 and user_id = $1',
  conversation_shares: 'workspace_id = $2 and created_by = $1',
  conversations: `workspace_id = $2 and (owner_id = $1 or visibility = 'workspace')`,
  documents: `workspace_id = $2 and (owner_id = $1 or visibility = 'workspace')`,
  embedding_versions: 'true',
  entity_tags: `workspace_id = $2 and entity_id in (${['documents', 'conversations', 'repositories', 'memory_items'].map((name) => `select e.id from app_public.${name} e where ${READABLE}`).join(' union all ')})`,
  file_type_configs: 'true',
  files: READABLE,
  legal_holds: `workspace_id = $2 and exists (select from app_public.workspace_members w where w.workspace_id = $2 and w.user_id = $1 and w.role in ('owner', 'admin'))`,
  memory_item_changes: 'workspace_id = $2 and owner_id = $1',
  memory_items: READABLE,
  raw_events: 'workspace_id = $2',
  repositories: READABLE,
  repository_documents: `workspace_id = $2 and repository_id in (select e.id from app_public.repositories e where ${READABLE}) and document_id in (select e.id from app_public.documents e where ${READABLE})`,
  retention_policies: 'workspace_id is null or workspace_id = $2',
  tags: 'workspace_id = $2',
  embeddings: `workspace_id = $2 and chunk_id in (select c.id from app_public.chunks c where c.workspace_id = $2 and (c.owner_id = $1 or c.visibility = 'workspace'))`,
  generated_images: `workspace_id = $2 and conversation_id in (select c.id from app_public.conversations c where c.workspace_id = $2 and (c.owner_id = $1 or c.visibility = 'workspace'))`,
  message_chunks: `workspace_id = $2 and conversation_id in (select c.id from app_public.conversations c where c.workspace_id = $2 and (c.owner_id = $1 or c.visibility = 'workspace'))`,
  message_feedback: 'workspace_id = $2 and user_id = $1',
  messages: `workspace_id = $2 and conversation_id in (select c.id from app_public.conversations c where c.workspace_id = $2 and (c.owner_id = $1 or c.visibility = 'workspace'))`,
  rag_configuration_versions: 'workspace_id = $2',
  rag_configurations: 'workspace_id = $2',
  system_prompt_templates: 'workspace_id is null or workspace_id = $2 and (owner_id = $1 or is_public)',
  tool_calls: `workspace_id = $2 and conversation_id in (select c.id from app_public.conversations c where c.workspace_id = $2 and (c.owner_id = $1 or c.visibility = 'workspace'))`,
  usage_budgets: 'workspace_id = $2',
  usage_logs: 'workspace_id = $2 and user_id = $1',
  usage_reservations: 'workspace_id = $2 and user_id = $1',
  users: 'id = $1',
  workspace_invitations: `workspace_id = $2 and ${MANAGES}`,
  workspace_members: 'workspace_id = any ($3)',
  workspaces: 'id = any ($3)',
};

/** What nobody has. */
const NOWHERE = '01890000-0000-7000-8000-000000000000';

interface Row {
  row: Record<string, unknown>;
  key: string;
}
interface Table {
  name: string;
  columns: string[];
  keyColumns: string[];
}

describeReal('tenancy', () => {
  let database: Database;
  let tenants: Tenants;
  const content = new Map<TestUser, Content>();
  const dialogue = new Map<TestUser, Dialogue>();
  /** The tables of app_public, from the catalogue. */
  let tables: Table[];

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    tenants = await createTenants(database);
    for (const name of ['ann', 'bob', 'owner', 'member'] as const) {
      content.set(tenants[name], await addContent(database, tenants[name], name));
    }
    await indexAll(database);
    for (const name of ['ann', 'bob', 'owner', 'member'] as const) {
      dialogue.set(tenants[name], await addDialogue(database, tenants[name], name));
    }
    await indexAll(database);
    const { rows } = await database.pool('owner').query<Table>(`
      select c.relname as name,
        array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          and a.attgenerated = '' and a.attidentity = '' order by a.attnum) as columns,
        coalesce((select array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum = any (k.conkey))
          from pg_constraint k where k.conrelid = c.oid and k.contype = 'p'), '{}') as "keyColumns"
      from pg_class c
      where c.relnamespace = 'app_public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
      order by c.relname`);
    tables = rows;
  });
  afterAll(async () => {
    await database?.close();
  });

  const of = (user: TestUser): Content => content.get(user)!;
  const said = (user: TestUser): Dialogue => dialogue.get(user)!;
  const ids = (user: TestUser): string[] => Object.values(of(user)).flat();
  const fails = async (work: Promise<unknown>): Promise<{ code: string | undefined; message: string }> => {
    try {
      await work;
    } catch (error) {
      return { code: errorCode(error), message: (error as Error).message };
    }
    throw new Error('It was allowed.');
  };
  const call = (user: TestUser, sql: string, ...values: unknown[]): Promise<pg.QueryResult> =>
    asUser(database, user, (client) => client.query(sql, values));

  /** What the owner of the tables sees: the truth. */
  async function rowsOf(table: Table, condition: string, values: unknown[] = []): Promise<Row[]> {
    const key = table.keyColumns.map((column) => `t.${column}`).join(', ');
    const used = [1, 2, 3].filter((n) => condition.includes(`$${n}`));
    const { rows } = await database.pool('owner').query<Row>(
      `select to_jsonb(t) as row, row(${key})::text as key from app_public.${table.name} t
       where ${condition.replace(/\$(\d)/g, (_, n) => `$${used.indexOf(Number(n)) + 1}`)} order by key`,
      used.map((n) => values[n - 1]),
    );
    return rows;
  }

  async function digest(): Promise<Record<string, string>> {
    const digests: Record<string, string> = {};
    const { rows } = await database.pool('owner').query<{ name: string }>(
      `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('app_public', 'app_hidden', 'app_private') and c.relkind in ('r', 'p') order by 1`,
    );
    for (const { name } of rows) {
      const result = await database
        .pool('owner')
        .query(
          `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as digest from ${name} t`,
        );
      digests[name] = result.rows[0].digest;
    }
    return digests;
  }

  describe('tables', () => {
    it('has a rule here for every table, and rows of everyone to steal', async () => {
      expect(tables.map((table) => table.name)).toEqual(Object.keys(BELONGS).sort());
      for (const table of tables) {
        expect(table.keyColumns.length, table.name).toBeGreaterThan(0);
        expect((await rowsOf(table, 'true')).length, table.name).toBeGreaterThan(0);
      }
    });

    const attackers: [
      string,
      (all: Tenants) => { role: string; user?: TestUser; workspaceId?: string; memberRole?: string },
    ][] = [
      ['ann', ({ ann }) => ({ role: 'colloquy_user', user: ann })],
      ['ann as an administrator of the installation', ({ ann }) => ({ role: 'colloquy_admin', user: ann })],
      ['the owner of a workspace', ({ owner }) => ({ role: 'colloquy_user', user: owner })],
      ['a member', ({ member }) => ({ role: 'colloquy_user', user: member })],
      ['a viewer', ({ viewer }) => ({ role: 'colloquy_user', user: viewer })],
      ['a visitor', () => ({ role: 'colloquy_visitor' })],
      ['a visitor with the claims of ann', ({ ann }) => ({ role: 'colloquy_visitor', user: ann })],
      ['a user without claims', () => ({ role: 'colloquy_user' })],
      ['an administrator without claims', () => ({ role: 'colloquy_admin' })],
    ];

    it.each(attackers)('%s sees its own rows and can touch no others', async (_, identify) => {
      const { role, user } = identify(tenants);
      const before = await digest();
      const { rows: memberships } = await database
        .pool('owner')
        .query('select array_agg(workspace_id) as ids from app_public.workspace_members where user_id = $1', [
          user?.id,
        ]);
      const claims = user
        ? { userId: user.id, workspaceId: user.workspaceId, memberRole: user.memberRole }
        : {};
      let tried = 0;
      await asRole(database, role, claims, async (client) => {
        /** One attempt, undone: how many rows it reached, or the code it was refused with. */
        const attempt = async (sql: string, values: unknown[] = []): Promise<number | string> => {
          tried += 1;
          await client.query('savepoint attempt');
          try {
            const { rowCount } = await client.query(sql, values);
            return rowCount ?? 0;
          } catch (error) {
            return errorCode(error) ?? String(error);
          } finally {
            await client.query('rollback to savepoint attempt');
          }
        };
        for (const table of tables) {
          const target = `app_public.${table.name}`;
          const own =
            user && role !== 'colloquy_visitor'
              ? await rowsOf(table, BELONGS[table.name]!, [user.id, user.workspaceId, memberships[0].ids])
              : [];
          const all = (await rowsOf(table, 'true')).filter((row) => !own.some(({ key }) => key === row.key));
          // one of each tenant, owner and visibility: the others differ in nothing that decides
          const foreign = [
            ...new Map(
              all.map((one) => [`${one.row.workspace_id} ${one.row.owner_id} ${one.row.visibility}`, one]),
            ).values(),
          ];

          const key = `row(${table.keyColumns.map((column) => `t.${column}`).join(', ')})::text`;
          const seen = await client.query(`select ${key} as key from ${target} t order by key`);
          if (table.name === 'embedding_versions' && !user) expect(seen.rows).toEqual([]);
          else
            expect(
              seen.rows.map((row) => row.key),
              `${target} as seen`,
            ).toEqual(own.map((row) => row.key));
          const counted = await client.query(`select count(*)::int as n from ${target}`);
          expect(counted.rows[0].n, `${target} counted`).toBe(seen.rows.length);

          const { rows: updatable } = await client.query<{ names: string[] }>(
            `select coalesce(array_agg(name), '{}') as names from unnest($1::text[]) as name where has_column_privilege($2::text, name, 'update')`,
            [table.columns, target],
          );
          const changeable = updatable[0]!.names;
          for (const { row } of foreign) {
            const where = table.keyColumns.map((column, index) => `${column} = $${index + 1}`).join(' and ');
            const values = table.keyColumns.map((column) => row[column]);
            expect(await attempt(`select 1 from ${target} where ${where}`, values), `${target} by key`).toBe(
              0,
            );
            const nothing = async (sql: string) =>
              expect([0, '42501'], `${sql} ${values}`).toContain(await attempt(sql, values));
            await nothing(`select 1 from ${target} where ${where} for update`);
            await nothing(`delete from ${target} where ${where}`);
            if (changeable.length > 0) {
              const changes = changeable.map((column) => `${column} = ${column}`).join(', ');
              await nothing(`update ${target} set ${changes} where ${where}`);
            }
          }
          for (const column of table.columns.filter((name) => !changeable.includes(name))) {
            expect(await attempt(`update ${target} set ${column} = ${column}`), `${target}.${column}`).toBe(
              '42501',
            );
          }

          // a row of one's own that claims to be another's, by the columns that may be written and by all of them
          const { rows: granted } = await client.query<{ names: string[] | null }>(
            `select array_agg(name) as names from unnest($1::text[]) as name where has_column_privilege($2::text, name, 'insert')`,
            [table.columns, target],
          );
          for (const { row } of foreign) {
            for (const columns of [granted[0]!.names ?? [], table.columns]) {
              const given = columns.filter((column) => row[column] !== null && row[column] !== undefined);
              const list = given.map((column) => `r.${column}`).join(', ');
              const [sql, values] =
                given.length === 0
                  ? [`insert into ${target} default values`, []]
                  : [
                      `insert into ${target} (${given}) select ${list} from jsonb_populate_record(null::${target}, $1) as r`,
                      [JSON.stringify(row)],
                    ];
              expect(await attempt(sql, values), sql).toBe('42501');
            }
          }
          // one's own row, handed to somebody else
          for (const { row } of own) {
            for (const column of ['workspace_id', 'owner_id', 'user_id', 'conversation_id', 'author_id']) {
              if (!table.columns.includes(column)) continue;
              const stranger = user === tenants.bob ? tenants.ann : tenants.bob;
              const where = table.keyColumns.map((name, index) => `${name} = $${index + 2}`).join(' and ');
              const value = column === 'workspace_id' ? stranger.workspaceId : stranger.id;
              expect(
                await attempt(`update ${target} set ${column} = $1 where ${where}`, [
                  value,
                  ...table.keyColumns.map((name) => row[name]),
                ]),
                `${target}.${column}`,
              ).toBe('42501');
            }
          }
          expect(await attempt(`truncate ${target}`)).toBe('42501');
        }
      });
      expect(tried).toBeGreaterThan(200);
      expect(await digest()).toEqual(before);
    });

    it('leaves own rows to their owner, but not to a viewer', async () => {
      const { ann, viewer, member } = tenants;
      expect(
        (await call(ann, `update app_public.documents set title = title where id = $1`, of(ann).document))
          .rowCount,
      ).toBe(1);
      expect(
        (
          await call(
            ann,
            `update app_public.conversations set title = title where id = $1`,
            of(ann).conversation,
          )
        ).rowCount,
      ).toBe(1);
      // somebody who was a member once and only reads now
      const demoted = { ...member, memberRole: 'viewer' };
      for (const table of ['documents', 'conversations']) {
        const id = table === 'documents' ? of(member).document : of(member).conversation;
        expect((await call(demoted, `select from app_public.${table} where id = $1`, id)).rowCount).toBe(1);
        expect(
          (await call(demoted, `update app_public.${table} set title = title where id = $1`, id)).rowCount,
        ).toBe(0);
        expect((await call(demoted, `delete from app_public.${table} where id = $1`, id)).rowCount).toBe(0);
      }
      expect(
        await fails(
          call(
            viewer,
            `insert into app_public.conversations (workspace_id, owner_id) values ($1, $2)`,
            viewer.workspaceId,
            viewer.id,
          ),
        ),
      ).toMatchObject({ code: '42501' });
      expect(
        await fails(
          call(
            viewer,
            `insert into app_public.documents (workspace_id, owner_id, title, content) values ($1, $2, 'a', 'b')`,
            viewer.workspaceId,
            viewer.id,
          ),
        ),
      ).toMatchObject({ code: '42501' });
    });

    it('gives nothing of the other workspaces of the same user', async () => {
      const { owner } = tenants;
      const alone = (await registerAgain(database, owner)).workspaceId;
      const seen = await call(
        { ...owner, workspaceId: alone },
        'select id from app_public.documents union all select id from app_public.conversations union all select id from app_public.messages union all select id from app_public.chunks',
      );
      expect(seen.rows).toEqual([]);
    });

    it('keeps every request role out of partitions, secrets, hidden tables and the queue', async () => {
      const { rows } = await database.pool('owner').query<{ name: string }>(
        `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('app_hidden', 'app_private', 'app_partitions', 'pgboss', 'graphile_migrate') and c.relkind in ('r', 'p', 'v', 'm')`,
      );
      expect(rows.length).toBeGreaterThan(40);
      for (const role of ['colloquy_visitor', 'colloquy_user', 'colloquy_admin']) {
        await asRole(
          database,
          role,
          { userId: tenants.ann.id, workspaceId: tenants.ann.workspaceId, memberRole: 'owner' },
          async (client) => {
            for (const { name } of rows) {
              for (const sql of [
                `select from ${name}`,
                `delete from ${name}`,
                `insert into ${name} default values`,
                `truncate ${name}`,
              ]) {
                await client.query('savepoint attempt');
                expect(await fails(client.query(sql)), `${sql} as ${role}`).toMatchObject({ code: '42501' });
                await client.query('rollback to savepoint attempt');
              }
            }
          },
        );
      }
    });

    it('lets the worker read what it indexes, and write nothing but the queue', async () => {
      const worker = database.pool('worker');
      const { rows } = await database.pool('owner').query<{ name: string; columns: string[] }>(
        `select format('%I.%I', n.nspname, c.relname) as name,
           array(select quote_ident(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = '') as columns
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions') and c.relkind in ('r', 'p', 'v', 'm')`,
      );
      const readable: string[] = [];
      for (const { name, columns } of rows) {
        const updates = (name.startsWith('app_partitions.') ? columns.slice(0, 1) : columns).map(
          (column) => `update ${name} set ${column} = ${column}`,
        );
        for (const sql of [
          `delete from ${name}`,
          `insert into ${name} default values`,
          `truncate ${name}`,
          ...updates,
        ]) {
          expect(await fails(worker.query(sql)), sql).toMatchObject({ code: '42501' });
        }
        await worker.query(`select from ${name} limit 1`).then(
          () => readable.push(name),
          (error) => expect(errorCode(error), name).toBe('42501'),
        );
      }
      expect(readable.sort()).toEqual([
        'app_public.conversations',
        'app_public.documents',
        'app_public.embedding_versions',
        'app_public.files',
        'app_public.memory_items',
        'app_public.messages',
      ]);
    });
  });

  describe('functions', () => {
    /** One attack per function that a request role may call; a new function fails the suite until it has one. */
    const attacks: Record<string, () => Promise<void>> = {
      'app_public.accept_invitation': async () => {
        const { ann, bob, owner } = tenants;
        const unknown = await fails(
          call(ann, 'select app_public.accept_invitation($1)', `cqi_${'0'.repeat(64)}`),
        );
        expect(unknown.code).toBe('CQ112');
        await call(owner, `select app_public.invite_member('bob@example.org', 'viewer')`);
        const token = await lastToken('bob@example.org');
        // sent to somebody else: the same words as for one that does not exist
        expect(await fails(call(ann, 'select app_public.accept_invitation($1)', token))).toEqual(unknown);
        expect(await fails(call(ann, 'select app_public.accept_invitation(null)'))).toEqual(unknown);
        const { rows } = await database
          .pool('owner')
          .query('select from app_public.workspace_members where user_id = any ($1)', [[ann.id, bob.id]]);
        expect(rows.length).toBe(2);
        await nobody(`select app_public.accept_invitation('${token}')`);
      },
      'app_public.change_member_role': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const change = (user: TestUser, id: string) =>
          call(user, `select app_public.change_member_role($1, 'owner')`, id);
        expect(await fails(change(member, member.id))).toMatchObject({ code: 'CQ114' });
        expect(await fails(change({ ...viewer, memberRole: 'owner' }, viewer.id))).toMatchObject({
          code: 'CQ114',
        });
        const outside = await fails(change(owner, '01890000-0000-7000-8000-000000000000'));
        expect(outside.code).toBe('CQ204');
        for (const { id } of [ann, bob]) expect(await fails(change(owner, id))).toEqual(outside);
        expect(await fails(change({ ...ann, workspaceId: owner.workspaceId }, ann.id))).toMatchObject({
          code: 'CQ107',
        });
        await nobody(`select app_public.change_member_role('${member.id}', 'viewer')`);
      },
      'app_public.change_password': async () => {
        const { rows } = await call(
          tenants.ann,
          `select app_public.change_password('not the password', 'another password') as changed`,
        );
        expect(rows).toEqual([{ changed: false }]);
        await nobody(`select app_public.change_password('a', 'another password')`);
      },
      'app_public.create_api_key': async () => {
        const { ann, bob } = tenants;
        expect(
          await fails(
            call({ ...ann, workspaceId: bob.workspaceId }, `select app_public.create_api_key('mine')`),
          ),
        ).toMatchObject({ code: 'CQ107' });
        await nobody(`select app_public.create_api_key('mine')`);
      },
      'app_public.create_workspace': async () => {
        const { bob } = tenants;
        const ann = await registerUser(database, 'founder@example.org');
        const { rows } = await call(ann, `select id from app_public.create_workspace('Mine', 'anns')`);
        const visible = (user: TestUser) =>
          call(user, 'select from app_public.workspaces where id = $1', rows[0].id);
        expect([(await visible(ann)).rowCount, (await visible(bob)).rowCount]).toEqual([1, 0]);
        expect(await fails(call(bob, `select app_public.create_workspace('Mine', 'Anns')`))).toMatchObject({
          code: 'CQ116',
        });
        await nobody(`select app_public.create_workspace('Mine')`);
      },
      'app_public.invite_member': async () => {
        const { ann, owner, member, viewer } = tenants;
        const invite = (user: TestUser) =>
          call(user, `select app_public.invite_member('friend@example.org', 'admin')`);
        for (const user of [member, viewer, { ...viewer, memberRole: 'owner' }])
          expect(await fails(invite(user))).toMatchObject({ code: 'CQ114' });
        expect(await fails(invite({ ...ann, workspaceId: owner.workspaceId }))).toMatchObject({
          code: 'CQ107',
        });
        await nobody(`select app_public.invite_member('friend@example.org')`);
      },
      'app_public.leave_workspace': async () => {
        const { ann, owner } = tenants;
        expect(
          await fails(
            call({ ...ann, workspaceId: owner.workspaceId }, 'select app_public.leave_workspace()'),
          ),
        ).toMatchObject({ code: 'CQ107' });
        await nobody('select app_public.leave_workspace()');
      },
      'app_public.my_sessions': async () => {
        const { ann, bob } = tenants;
        const sessions = async (user: TestUser) =>
          (await call(user, 'select id from app_public.my_sessions()')).rows.map((row) => row.id);
        const [byAnn, byBob] = [await sessions(ann), await sessions(bob)];
        expect([byAnn.length, byBob.length]).toEqual([1, 1]);
        expect(byAnn).not.toEqual(byBob);
        await nobody('select app_public.my_sessions()');
      },
      'app_public.remove_member': async () => {
        const { ann, owner, member, viewer } = tenants;
        const remove = (user: TestUser, id: string) => call(user, 'select app_public.remove_member($1)', id);
        expect(await fails(remove(member, viewer.id))).toMatchObject({ code: 'CQ114' });
        expect(await fails(remove(owner, ann.id))).toMatchObject({ code: 'CQ204' });
        expect(await fails(remove({ ...ann, workspaceId: owner.workspaceId }, viewer.id))).toMatchObject({
          code: 'CQ107',
        });
        await nobody(`select app_public.remove_member('${viewer.id}')`);
      },
      'app_public.rename_workspace': async () => {
        const { ann, owner, member } = tenants;
        const rename = (user: TestUser) => call(user, `select app_public.rename_workspace('Taken')`);
        expect(await fails(rename(member))).toMatchObject({ code: 'CQ114' });
        expect(await fails(rename({ ...ann, workspaceId: owner.workspaceId }))).toMatchObject({
          code: 'CQ107',
        });
        await nobody(`select app_public.rename_workspace('Taken')`);
      },
      'app_public.request_email_verification': async () => {
        await nobody('select app_public.request_email_verification()');
      },
      'app_public.request_password_reset': async () => {
        const ask = async (email: string | null) =>
          (
            await asVisitor(database, (client) =>
              client.query('select app_public.request_password_reset($1) as accepted', [email]),
            )
          ).rows;
        const known = await ask('bob@example.org');
        expect(known).toEqual([{ accepted: true }]);
        for (const email of ['nobody@example.org', '', null, 'x'.repeat(10_000)])
          expect(await ask(email)).toEqual(known);
      },
      'app_public.reset_password': async () => {
        const reset = (token: string | null) =>
          asVisitor(database, (client) =>
            client.query(`select app_public.reset_password($1, 'another password')`, [token]),
          );
        for (const token of [null, '', `cqr_${'0'.repeat(64)}`, tenants.bob.token])
          expect(await fails(reset(token))).toMatchObject({ code: 'CQ112' });
      },
      'app_public.revoke_api_key': async () => {
        const { ann, bob, member, viewer, owner } = tenants;
        const revoke = (user: TestUser, id: string) => call(user, 'select app_public.revoke_api_key($1)', id);
        const missing = await fails(revoke(ann, '01890000-0000-7000-8000-000000000000'));
        expect(missing.code).toBe('CQ204');
        expect(await fails(revoke(ann, of(bob).apiKey))).toEqual(missing);
        expect(await fails(revoke(member, of(owner).apiKey))).toEqual(missing);
        expect(await fails(revoke(viewer, of(member).apiKey))).toEqual(missing);
        await nobody(`select app_public.revoke_api_key('${of(bob).apiKey}')`);
      },
      'app_public.revoke_invitation': async () => {
        const { owner, member } = tenants;
        const ann = await registerUser(database, 'founder2@example.org');
        const { rows } = await call(
          owner,
          `select id from app_public.workspace_invitations where email = 'invited@example.org'`,
        );
        const revoke = (user: TestUser) => call(user, 'select app_public.revoke_invitation($1)', rows[0].id);
        expect(await fails(revoke(member))).toMatchObject({ code: 'CQ114' });
        const { rows: others } = await call(ann, `select id from app_public.create_workspace('Other')`);
        expect(await fails(revoke({ ...ann, workspaceId: others[0].id }))).toMatchObject({ code: 'CQ204' });
        await nobody(`select app_public.revoke_invitation('${rows[0].id}')`);
      },
      'app_public.revoke_other_sessions': async () => {
        await nobody('select app_public.revoke_other_sessions()');
      },
      'app_public.revoke_session': async () => {
        const { ann, bob } = tenants;
        const { rows } = await call(bob, 'select id from app_public.my_sessions()');
        const revoke = (id: string) => call(ann, 'select app_public.revoke_session($1)', id);
        const missing = await fails(revoke('01890000-0000-7000-8000-000000000000'));
        expect(missing.code).toBe('CQ204');
        expect(await fails(revoke(rows[0].id))).toEqual(missing);
        expect((await call(bob, 'select id from app_public.my_sessions()')).rows).toEqual(rows);
        await nobody(`select app_public.revoke_session('${rows[0].id}')`);
      },
      'app_public.transfer_ownership': async () => {
        const { ann, owner, member } = tenants;
        const transfer = (user: TestUser, id: string) =>
          call(user, 'select app_public.transfer_ownership($1)', id);
        expect(await fails(transfer(member, member.id))).toMatchObject({ code: 'CQ114' });
        expect(await fails(transfer(owner, ann.id))).toMatchObject({ code: 'CQ204' });
        await nobody(`select app_public.transfer_ownership('${member.id}')`);
      },
      'app_public.verify_email': async () => {
        for (const token of [null, '', `cqv_${'0'.repeat(64)}`])
          expect(
            await fails(
              asVisitor(database, (client) => client.query('select app_public.verify_email($1)', [token])),
            ),
          ).toMatchObject({ code: 'CQ112' });
      },
      'app_public.workspace_member_names': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const names = async (user: TestUser) =>
          (await call(user, 'select user_id from app_public.workspace_member_names()')).rows.map(
            (row) => row.user_id,
          );
        expect(await names(ann)).toEqual([ann.id]);
        expect((await names(viewer)).sort()).toEqual([owner.id, member.id, viewer.id].sort());
        // claims of somebody who was removed meanwhile
        expect(await names({ ...bob, workspaceId: owner.workspaceId })).toEqual([]);
        await nobody('select app_public.workspace_member_names()');
      },
      'app_hidden.register_file': async () => {
        const { ann, bob, member, viewer } = tenants;
        const store = (user: TestUser, conversation: string | null = null) =>
          call(
            user,
            `select id, owner_id, workspace_id, original_name from app_hidden.register_file('../x/mine.txt', 'text/plain', 5, sha256('zebra'), $1)`,
            conversation,
          );
        // the same bytes as everybody else's: each gets its own row, and learns nothing of the others
        expect((await store(ann)).rows).toEqual([
          { id: of(ann).file, owner_id: ann.id, workspace_id: ann.workspaceId, original_name: 'ann.txt' },
        ]);
        expect((await store(member)).rows[0].id).toBe(of(member).file);
        expect(await fails(store(ann, of(bob).conversation))).toMatchObject({ code: 'CQ204' });
        expect(await fails(store(viewer))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_hidden.register_file('a', 'text/plain', 1, sha256('a'))`);
      },
      'app_public.add_document_to_repository': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const put = (user: TestUser, repository: string, document: string) =>
          call(user, `select app_public.add_document_to_repository($1, $2, 'stolen')`, repository, document);
        const noRepository = await fails(put(ann, NOWHERE, of(ann).document));
        const noDocument = await fails(put(ann, of(ann).repository, NOWHERE));
        expect([noRepository.code, noDocument.code]).toEqual(['CQ204', 'CQ204']);
        expect(await fails(put(ann, of(bob).repository, of(ann).document))).toEqual(noRepository);
        for (const document of [of(bob).document, of(bob).sharedDocument])
          expect(await fails(put(ann, of(ann).repository, document))).toEqual(noDocument);
        expect(await fails(put(member, of(owner).repository, of(member).document))).toEqual(noRepository);
        expect(await fails(put(member, of(member).repository, of(owner).document))).toEqual(noDocument);
        expect(await fails(put(viewer, of(owner).repository, of(owner).document))).toMatchObject({
          code: 'CQ109',
        });
        await nobody(
          `select app_public.add_document_to_repository('${of(bob).repository}', '${of(bob).document}', 'a')`,
        );
      },
      'app_public.add_tag': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const tag = (user: TestUser, type: string, id: string) =>
          call(user, 'select app_public.add_tag($1, $2, $3)', 'tag of bob', type, id);
        for (const [type, id] of [
          ['document', of(bob).sharedDocument],
          ['conversation', of(bob).conversation],
          ['repository', of(bob).repository],
          ['memory_item', of(bob).sharedMemory],
        ] as const) {
          const missing = await fails(tag(ann, type, NOWHERE));
          expect(missing).toMatchObject({ code: 'CQ204' });
          expect(await fails(tag(ann, type, id))).toEqual(missing);
        }
        expect(await fails(tag(member, 'document', of(owner).document))).toMatchObject({ code: 'CQ204' });
        expect(await fails(tag(viewer, 'document', of(owner).sharedDocument))).toMatchObject({
          code: 'CQ109',
        });
        await tag(member, 'document', of(owner).sharedDocument);
        await nobody(`select app_public.add_tag('a', 'document', '${of(bob).document}')`);
      },
      'app_public.remove_tag': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const untag = (user: TestUser, id: string, name = 'tag of bob') =>
          call(user, `select app_public.remove_tag($1, 'document', $2)`, name, id);
        const missing = await fails(untag(ann, NOWHERE));
        expect(missing).toMatchObject({ code: 'CQ204' });
        expect(await fails(untag(ann, of(bob).document))).toEqual(missing);
        expect(await fails(untag(member, of(owner).document, 'tag of owner'))).toEqual(missing);
        expect(await fails(untag(ann, of(ann).document))).toMatchObject({ code: 'CQ204' });
        expect(await fails(untag(viewer, of(owner).sharedDocument))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.remove_tag('a', 'document', '${of(bob).document}')`);
      },
      'app_public.create_repository': async () => {
        const { ann, bob, viewer } = tenants;
        const make = (user: TestUser) =>
          call(user, `select owner_id, workspace_id from app_public.create_repository('zebras of bob')`);
        // a name is private to its owner
        expect((await make(ann)).rows).toEqual([{ owner_id: ann.id, workspace_id: ann.workspaceId }]);
        expect(await fails(make(bob))).toMatchObject({ code: 'CQ240' });
        expect(await fails(make(viewer))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.create_repository('a')`);
      },
      'app_public.forget': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        await strangersMemory(
          'forget',
          [ann, of(bob).memory],
          [ann, of(bob).sharedMemory],
          [member, of(owner).sharedMemory],
        );
        expect(
          await fails(call(viewer, 'select app_public.forget($1)', of(owner).sharedMemory)),
        ).toMatchObject({ code: 'CQ109' });
      },
      'app_public.undo_memory': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        await strangersMemory(
          'undo_memory',
          [ann, of(bob).memory],
          [ann, of(bob).sharedMemory],
          [member, of(owner).sharedMemory],
        );
        expect(
          await fails(call(viewer, 'select app_public.undo_memory($1)', of(owner).sharedMemory)),
        ).toMatchObject({ code: 'CQ109' });
      },
      'app_public.ingest_event': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const deliver = (user: TestUser, key: string) =>
          call(user, `select * from app_public.ingest_event('zoo', 'birth', '{"of": "me"}', $1)`, key);
        // the identifier of an event of another workspace: an event of one's own
        const { rows } = await deliver(ann, 'birth of bob');
        expect(rows[0]).toMatchObject({ workspace_id: ann.workspaceId, payload: { of: 'me' } });
        expect(rows[0].id).not.toBe(of(bob).event);
        expect((await deliver(member, 'birth of owner')).rows[0].id).toBe(of(owner).event);
        expect(await fails(deliver(viewer, 'x'))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.ingest_event('zoo', 'birth', '{}')`);
      },
      'app_public.performance_stats': async () =>
        onlyOperators('select * from app_public.performance_stats()'),
      'app_public.processing_jobs': async () => onlyOperators('select * from app_public.processing_jobs()'),
      'app_public.place_legal_hold': async () => {
        const { member, viewer, ann } = tenants;
        const hold = (user: TestUser) =>
          call(user, `select workspace_id from app_public.place_legal_hold('mine', 'files')`);
        expect(await fails(hold(member))).toMatchObject({ code: 'CQ114' });
        expect(await fails(hold(viewer))).toMatchObject({ code: 'CQ109' });
        expect((await hold(ann)).rows).toEqual([{ workspace_id: ann.workspaceId }]);
        await nobody(`select app_public.place_legal_hold('mine')`);
      },
      'app_public.release_legal_hold': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const holdOf = async (user: TestUser) =>
          (
            await database
              .pool('owner')
              .query(
                `select id from app_public.legal_holds where workspace_id = $1 and kind = 'audit_logs'`,
                [user.workspaceId],
              )
          ).rows[0].id;
        const release = (user: TestUser, id: string) =>
          call(user, 'select app_public.release_legal_hold($1)', id);
        const missing = await fails(release(ann, NOWHERE));
        expect(missing).toMatchObject({ code: 'CQ204' });
        expect(await fails(release(ann, await holdOf(bob)))).toEqual(missing);
        expect(await fails(release(member, await holdOf(owner)))).toMatchObject({ code: 'CQ114' });
        expect(await fails(release(viewer, await holdOf(owner)))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.release_legal_hold('${await holdOf(bob)}')`);
      },
      'app_public.set_retention_policy': async () => {
        const { ann, member, viewer } = tenants;
        const set = (user: TestUser) =>
          call(user, `select workspace_id from app_public.set_retention_policy('raw_events', 1)`);
        expect(await fails(set(member))).toMatchObject({ code: 'CQ114' });
        expect(await fails(set(viewer))).toMatchObject({ code: 'CQ109' });
        expect((await set(ann)).rows).toEqual([{ workspace_id: ann.workspaceId }]);
        await nobody(`select app_public.set_retention_policy('raw_events', 1)`);
      },
      'app_public.recall': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        await indexAll(database);
        const find = async (user: TestUser) =>
          (
            await call(
              user,
              `select m.* from app_public.recall('zebra', $1::extensions.halfvec, 100) as r cross join unnest(r.memories) as m`,
              JSON.stringify(axis(512, 0)),
            )
          ).rows.map((row) => row.memory_item_id);
        const mine = await find(ann);
        expect(mine.sort()).toEqual([of(ann).memory, of(ann).sharedMemory].sort());
        for (const stranger of [bob, owner, member])
          for (const id of ids(stranger)) expect(mine).not.toContain(id);
        expect((await find(viewer)).sort()).toEqual([of(owner).sharedMemory, of(member).sharedMemory].sort());
        await nobody(`select app_public.recall('zebra')`);
      },
      'app_public.remember': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const learn = (user: TestUser, type: string, id: string) =>
          call(user, `select app_public.remember('a fact', source_type => $1, source_id => $2)`, type, id);
        const missing = await fails(learn(ann, 'document', NOWHERE));
        expect(missing).toMatchObject({ code: 'CQ204' });
        for (const [type, id] of [
          ['document', of(bob).sharedDocument],
          ['chat', of(bob).sharedConversation],
          ['chat', of(bob).messages[0]],
          ['event', of(bob).event],
        ] as const)
          expect(await fails(learn(ann, type, id))).toEqual(missing);
        expect(await fails(learn(member, 'document', of(owner).document))).toEqual(missing);
        // the subject and the words of somebody else: a memory of one's own
        const { rows } = await call(
          member,
          `select id, owner_id from app_public.remember('zebra that owner tells of', subject => 'tale')`,
        );
        expect(rows[0]).toMatchObject({ owner_id: member.id });
        expect(rows[0].id).not.toBe(of(owner).sharedMemory);
        await call(member, 'select app_public.undo_memory($1)', rows[0].id);
        expect(await fails(call(viewer, `select app_public.remember('a')`))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.remember('a')`);
      },
      'app_public.use_memories': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const use = (user: TestUser) =>
          call(user, 'select id from app_public.use_memories($1)', [
            of(bob).memory,
            of(bob).sharedMemory,
            of(owner).memory,
            of(owner).sharedMemory,
          ]);
        expect((await use(ann)).rows).toEqual([]);
        expect((await use(member)).rows).toEqual([{ id: of(owner).sharedMemory }]);
        expect(await fails(use(viewer))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.use_memories('{}')`);
      },
      'app_public.conversation_messages': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const page = async (user: TestUser, id: string, ...more: unknown[]) =>
          (await call(user, 'select id from app_public.conversation_messages($1, $2)', id, more[0] ?? null))
            .rowCount;
        expect(await page(bob, of(bob).conversation)).toBe(2);
        expect(await page(ann, of(bob).conversation)).toBe(0);
        expect(await page(ann, of(bob).sharedConversation)).toBe(0);
        expect(await page(ann, of(bob).conversation, of(ann).messages[1])).toBe(0);
        expect(await page(member, of(owner).conversation)).toBe(0);
        expect(await page(member, of(owner).sharedConversation)).toBe(1);
        expect(await page(viewer, of(owner).sharedConversation)).toBe(1);
        const visitor = await asVisitor(database, (client) =>
          client.query('select id from app_public.conversation_messages($1)', [of(bob).conversation]),
        );
        expect(visitor.rows).toEqual([]);
      },
      'app_public.create_document': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const create = (user: TestUser) =>
          call(
            user,
            `select id, owner_id, workspace_id from app_public.create_document('mine', 'collides', source_url => 'https://example.org/2')`,
          );
        // the same address as somebody else's, in another workspace and in the same one: each its own document
        const [byAnn, byMember] = [await create(ann), await create(member)];
        expect(byAnn.rows).toEqual([
          { id: of(ann).sharedDocument, owner_id: ann.id, workspace_id: ann.workspaceId },
        ]);
        expect(byMember.rows).toEqual([
          { id: of(member).sharedDocument, owner_id: member.id, workspace_id: member.workspaceId },
        ]);
        for (const other of [bob, owner]) {
          const { rows } = await database
            .pool('owner')
            .query('select content from app_public.documents where id = $1', [of(other).sharedDocument]);
          expect(rows[0].content).toMatch(/^zebra by/);
        }
        expect(await fails(create(viewer))).toMatchObject({ code: 'CQ109' });
        expect(await fails(create({ ...ann, workspaceId: bob.workspaceId, memberRole: '' }))).toMatchObject({
          code: 'CQ109',
        });
        await nobody(`select app_public.create_document('a', 'b')`);
      },
      'app_public.current_user': async () => {
        const { rows } = await call(tenants.ann, 'select (app_public.current_user()).email');
        expect(rows).toEqual([{ email: 'ann@example.org' }]);
        const visitor = await asVisitor(database, (client) =>
          client.query('select * from app_public.current_user()'),
        );
        expect(visitor.rows.map((row) => row.id)).toEqual([null]);
      },
      'app_public.import_conversation': async () => {
        const { ann, bob, viewer } = tenants;
        const payload = {
          source: 'chat/1',
          title: 'Imported',
          createdAt: '2024-02-01T10:00:00Z',
          messages: [
            { externalId: 'm1', role: 'user', content: 'from the import', createdAt: '2024-02-01T10:00:01Z' },
          ],
        };
        const load = async (user: TestUser) =>
          (await call(user, 'select * from app_public.import_conversation($1)', payload)).rows[0];
        const [first, second] = [await load(bob), await load(ann)];
        expect([first.is_new, second.is_new]).toEqual([true, true]);
        expect(second.id).not.toBe(first.id);
        expect(
          (await call(ann, 'select from app_public.conversations where id = $1', first.id)).rowCount,
        ).toBe(0);
        expect(await fails(load(viewer))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.import_conversation('{}')`);
      },
      'app_public.import_documents': async () => {
        const { bob, owner, member, viewer } = tenants;
        const load = async (user: TestUser) =>
          (
            await call(
              user,
              'select * from app_public.import_documents($1)',
              JSON.stringify([{ sourceUrl: 'https://example.org/1', title: 'imported', content: 'over it' }]),
            )
          ).rows[0];
        expect(await load(member)).toMatchObject({ outcome: 'updated', document_id: of(member).document });
        for (const other of [bob, owner]) {
          const { rows } = await database
            .pool('owner')
            .query('select content from app_public.documents where id = $1', [of(other).document]);
          expect(rows[0].content).toMatch(/^zebra of/);
        }
        expect(await fails(load(viewer))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.import_documents('[]')`);
      },
      'app_public.indexing_progress': async () => {
        const { ann, bob } = tenants;
        await indexAll(database);
        const chunks = async (user: TestUser) =>
          Number((await call(user, 'select chunks from app_public.indexing_progress()')).rows[0].chunks);
        const [annBefore, bobBefore] = [await chunks(ann), await chunks(bob)];
        await call(bob, `select app_public.create_document('more', 'of bob')`);
        await indexAll(database);
        expect(await chunks(ann)).toBe(annBefore);
        expect(await chunks(bob)).toBe(bobBefore + 1);
        await nobody('select app_public.indexing_progress()');
      },
      'app_public.post_message': async () => {
        const { ann, bob, member, owner, viewer } = tenants;
        const post = (user: TestUser, id: string, more: Record<string, unknown> = {}) =>
          call(
            user,
            `select * from app_public.post_message($1, 'mine', parent_id => $2, id => $3, idempotency_key => $4)`,
            id,
            more.parent,
            more.id,
            more.key,
          );
        const missing = await fails(post(ann, '01890000-0000-7000-8000-000000000000'));
        expect(missing).toMatchObject({ code: 'CQ204' });
        // what exists elsewhere and what does not exist at all: the same words
        for (const id of [of(bob).conversation, of(bob).sharedConversation]) {
          expect(await fails(post(ann, id))).toEqual(missing);
          expect(await fails(post(ann, id, { key: 'first' }))).toEqual(missing);
        }
        expect(await fails(post(member, of(owner).conversation))).toEqual(missing);
        expect(await fails(post(viewer, of(owner).sharedConversation))).toMatchObject({ code: 'CQ109' });
        const parent = await fails(
          post(ann, of(ann).conversation, { parent: '01890000-0000-7000-8000-000000000000' }),
        );
        expect(parent).toMatchObject({ code: 'CQ204' });
        expect(await fails(post(ann, of(ann).conversation, { parent: of(bob).messages[0] }))).toEqual(parent);
        // the key of a stranger's message returns nothing of it
        const { rows } = await post(ann, of(ann).sharedConversation, { key: 'second' });
        expect(rows[0]).toMatchObject({ content: 'mine', conversation_id: of(ann).sharedConversation });
        expect((await post(member, of(owner).sharedConversation)).rows[0]).toMatchObject({
          author_id: member.id,
          owner_id: owner.id,
        });
        await nobody(`select app_public.post_message('${of(bob).conversation}', 'x')`);
      },
      'app_public.register': async () => {
        expect(
          await fails(
            asVisitor(database, (client) =>
              client.query(`select app_public.register('ANN@example.org', 'a long password')`),
            ),
          ),
        ).toMatchObject({ code: 'CQ104' });
        expect(
          await fails(
            asVisitor(database, (client) =>
              client.query(`select app_public.register('new@example.org', 'short')`),
            ),
          ),
        ).toMatchObject({ code: 'CQ105' });
      },
      'app_public.search': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const find = async (user: TestUser, mode: string) =>
          (
            await call(
              user,
              `select r.* from app_public.search('zebra', $1::extensions.halfvec, max_results => 100, mode => $2) as s cross join unnest(s.results) as r`,
              JSON.stringify(axis(512, 0)),
              mode,
            )
          ).rows.flatMap((row) => [row.document_id, row.message_id, row.conversation_id]);
        for (const mode of ['vector', 'text', 'hybrid']) {
          const found = await find(ann, mode);
          expect(found).toContain(of(ann).document);
          for (const stranger of [bob, owner, member])
            for (const id of ids(stranger)) expect(found).not.toContain(id);
          const shared = await find(viewer, mode);
          expect(shared).toContain(of(owner).sharedDocument);
          expect(shared).toContain(of(owner).sharedConversation);
          for (const id of [of(owner).document, of(owner).conversation, ...of(owner).messages])
            expect(shared).not.toContain(id);
        }
        await nobody(`select app_public.search('zebra')`);
      },
      'app_public.sign_in': async () => {
        const attempt = (email: string) =>
          asVisitor(database, (client) =>
            client.query(`select * from app_public.sign_in($1, 'not the password')`, [email]),
          );
        // null for both: who has an account is not told
        expect((await attempt('ann@example.org')).rows).toEqual((await attempt('nobody@example.org')).rows);
      },
      'app_public.sign_out': async () => {
        const { ann, bob } = tenants;
        const session = async (user: TestUser) =>
          (
            await database
              .pool('authenticator')
              .query('select session_id from app_hidden.authenticate($1)', [user.token])
          ).rows[0]?.session_id;
        const stolen = await session(bob);
        const out = await asRole(database, 'colloquy_user', { userId: ann.id, sessionId: stolen }, (client) =>
          client.query('select app_public.sign_out() as out'),
        );
        expect(out.rows).toEqual([{ out: false }]);
        expect(await session(bob)).toBe(stolen);
      },
      'app_public.start_conversation': async () => {
        const { ann, bob, viewer } = tenants;
        expect(await fails(call(viewer, 'select app_public.start_conversation()'))).toMatchObject({
          code: 'CQ109',
        });
        const { rows } = await call(
          ann,
          `select workspace_id, owner_id from app_public.start_conversation('mine', 'workspace')`,
        );
        expect(rows).toEqual([{ workspace_id: ann.workspaceId, owner_id: ann.id }]);
        expect((await call(bob, `select from app_public.conversations where title = 'mine'`)).rowCount).toBe(
          0,
        );
        await nobody('select app_public.start_conversation()');
      },
      'app_public.answer_tool_call': () =>
        guarded(`select app_public.answer_tool_call($1, 'approved')`, (user) => said(user).toolCall),
      'app_public.branch_conversation': () =>
        guarded('select app_public.branch_conversation($1)', (user) => said(user).answer),
      'app_public.choose_branch': () =>
        guarded('select app_public.choose_branch($1)', (user) => said(user).answer),
      'app_public.create_rag_configuration': async () => {
        const { ann, member, owner, viewer } = tenants;
        const create = (user: TestUser) =>
          call(user, `select workspace_id from app_public.create_rag_configuration('Mine')`);
        expect((await create(ann)).rows).toEqual([{ workspace_id: ann.workspaceId }]);
        // the same name in another workspace tells nothing
        expect((await create(owner)).rows).toEqual([{ workspace_id: owner.workspaceId }]);
        expect(await fails(create(member))).toMatchObject({ code: '42501' });
        expect(await fails(create(viewer))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.create_rag_configuration('x')`);
      },
      'app_public.create_system_prompt_template': async () => {
        const { ann, member, viewer } = tenants;
        const create = (user: TestUser, isPublic: boolean) =>
          call(
            user,
            `select id, owner_id, workspace_id from app_public.create_system_prompt_template('t', 'x', is_public => $1)`,
            isPublic,
          );
        const seen = async (user: TestUser, id: string) =>
          (await call(user, 'select from app_public.system_prompt_templates where id = $1', id)).rowCount;
        const [own, open] = [(await create(member, false)).rows[0], (await create(member, true)).rows[0]];
        expect(own).toMatchObject({ owner_id: member.id, workspace_id: member.workspaceId });
        expect([await seen(viewer, own.id), await seen(viewer, open.id)]).toEqual([0, 1]);
        expect([await seen(ann, own.id), await seen(ann, open.id)]).toEqual([0, 0]);
        expect(await fails(create(viewer, true))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.create_system_prompt_template('a', 'b')`);
      },
      'app_public.edit_message': () =>
        guarded(`select app_public.edit_message($1, 'x')`, (user) => said(user).answer),
      'app_public.give_feedback': () =>
        guarded(`select app_public.give_feedback($1, 'negative')`, (user) => said(user).answer),
      'app_public.make_temporary': () =>
        guarded('select app_public.make_temporary($1)', (user) => said(user).conversation),
      'app_public.mark_read': async () => {
        const { owner, viewer } = tenants;
        await guarded('select app_public.mark_read($1)', (user) => said(user).conversation, false);
        // who only reads may say that it has read
        const { rows } = await call(
          viewer,
          'select user_id from app_public.mark_read($1)',
          of(owner).sharedConversation,
        );
        expect(rows).toEqual([{ user_id: viewer.id }]);
      },
      'app_public.read_shared_conversation': async () => {
        const { ann, bob } = tenants;
        const read = (token: string | null) =>
          asVisitor(database, (client) =>
            client.query('select title, messages from app_public.read_shared_conversation($1)', [token]),
          );
        expect((await read(said(bob).token)).rows[0].title).toBe('bob dialogue');
        const nothing = [{ title: null, messages: null }];
        for (const token of [null, '', said(bob).share, `cqh_${'0'.repeat(64)}`, ann.token]) {
          expect((await read(token)).rows).toEqual(nothing);
        }
      },
      'app_public.record_image': () =>
        guarded(`select app_public.record_image($1, 'x', 'x.png', 1, 1)`, (user) => said(user).conversation),
      'app_public.record_turn': async () => {
        const { ann, bob } = tenants;
        await guarded(`select app_public.record_turn($1, 'q', 'a')`, (user) => said(user).conversation);
        const cite = (chunk: string) =>
          call(
            ann,
            `select app_public.record_turn($1, 'q', 'a', chunks => $2)`,
            said(ann).conversation,
            JSON.stringify([{ chunkId: chunk }]),
          );
        const missing = await fails(cite(NOWHERE));
        expect(missing.code).toBe('CQ204');
        expect(await fails(cite(said(bob).chunk))).toEqual(missing);
        const parent = (id: string) =>
          call(
            ann,
            `select app_public.record_turn($1, 'q', 'a', parent_id => $2)`,
            said(ann).conversation,
            id,
          );
        const noParent = await fails(parent(NOWHERE));
        expect(noParent.code).toBe('CQ204');
        expect(await fails(parent(said(bob).answer))).toEqual(noParent);
      },
      'app_public.request_tool_call': () =>
        guarded(`select app_public.request_tool_call($1, 'x')`, (user) => said(user).answer),
      'app_public.reserve_usage': async () => {
        const { ann, bob, viewer } = tenants;
        const reserve = (user: TestUser) => call(user, 'select * from app_public.reserve_usage(999980)');
        expect(await fails(reserve(viewer))).toMatchObject({ code: 'CQ109' });
        // what one tenant has reserved takes nothing from the other
        expect((await reserve(ann)).rows[0]).toMatchObject({
          user_id: ann.id,
          workspace_id: ann.workspaceId,
        });
        expect((await reserve(bob)).rows[0]).toMatchObject({ user_id: bob.id });
        await nobody('select app_public.reserve_usage(1)');
      },
      'app_public.revoke_share': () =>
        guarded('select app_public.revoke_share($1)', (user) => said(user).share),
      'app_public.set_default_rag_configuration': async () => {
        const { member, owner } = tenants;
        await guarded('select app_public.set_default_rag_configuration($1)', (user) =>
          user === owner ? NOWHERE : said(user).configuration,
        );
        expect(
          await fails(
            call(member, 'select app_public.set_default_rag_configuration($1)', said(member).configuration),
          ),
        ).toMatchObject({ code: 'CQ204' });
      },
      'app_public.set_usage_budget': async () => {
        const { ann, bob, member, viewer } = tenants;
        const set = (user: TestUser, forUser: string | null) =>
          call(
            user,
            `select workspace_id from app_public.set_usage_budget('day', 5, user_id => $1)`,
            forUser,
          );
        // a stranger and nobody at all: the same
        const missing = await fails(set(ann, NOWHERE));
        expect(missing.code).toBe('23503');
        expect((await fails(set(ann, bob.id))).code).toBe('23503');
        expect(await fails(set(member, null))).toMatchObject({ code: '42501' });
        expect(await fails(set(member, member.id))).toMatchObject({ code: '42501' });
        expect(await fails(set(viewer, null))).toMatchObject({ code: 'CQ109' });
        await nobody(`select app_public.set_usage_budget('day', 1)`);
      },
      'app_public.settle_usage': () =>
        guarded('select app_public.settle_usage($1, 1)', (user) => said(user).reservation),
      'app_public.share_conversation': async () => {
        const { ann, bob, member, owner } = tenants;
        await guarded('select app_public.share_conversation($1)', (user) => said(user).conversation);
        const until = (user: TestUser, conversation: string, message: string) =>
          fails(call(user, 'select app_public.share_conversation($1, $2)', conversation, message));
        const missing = await until(ann, said(ann).conversation, NOWHERE);
        expect(missing.code).toBe('CQ204');
        expect(await until(ann, said(ann).conversation, said(bob).answer)).toEqual(missing);
        // what the workspace reads is still its owner's to share
        expect(
          await fails(call(member, 'select app_public.share_conversation($1)', of(owner).sharedConversation)),
        ).toEqual(missing);
      },
      'app_public.withdraw_feedback': () =>
        guarded('select app_public.withdraw_feedback($1)', (user) => said(user).answer),
      'app_hidden.can_manage': async () => {},
      // these say who is calling, and nothing else
      'app_hidden.has_scope': async () => {},
      'app_hidden.is_api_key': async () => {},
      'app_hidden.require_session': async () => {
        await nobody('select app_hidden.require_session()');
      },
      'app_hidden.searched_workspace_id': async () => {},
      'app_hidden.can_write': async () => {},
      'app_hidden.current_session_id': async () => {},
      'app_hidden.current_user_id': async () => {},
      'app_hidden.current_user_workspace_ids': async () => {
        const { rows } = await call(tenants.ann, 'select app_hidden.current_user_workspace_ids() as ids');
        expect(rows).toEqual([{ ids: [tenants.ann.workspaceId] }]);
        const visitor = await asVisitor(database, (client) =>
          client.query('select app_hidden.current_user_workspace_ids() as ids'),
        );
        expect(visitor.rows).toEqual([{ ids: [] }]);
      },
      'app_hidden.current_workspace_id': async () => {},
      'app_hidden.require_member': async () => {
        await nobody('select app_hidden.require_member()');
      },
      'app_hidden.text_hash': async () => {},
      'app_hidden.question_of': async () => {
        const { rows } = await call(
          tenants.ann,
          `select q.id from (select m from app_public.messages m) as x cross join lateral app_hidden.question_of(x.m) as q where q.id is not null`,
        );
        const { rows: own } = await database
          .pool('owner')
          .query('select id from app_public.messages where workspace_id = $1', [tenants.ann.workspaceId]);
        expect(rows.length).toBeGreaterThan(0);
        for (const row of rows) expect(own.map((one) => one.id)).toContain(row.id);
      },
      'app_public.explain_answer': () =>
        guarded('select app_public.explain_answer($1)', (user) => said(user).answer, false),
      'app_public.replay_retrieval': () =>
        guarded('select app_public.replay_retrieval($1)', (user) => said(user).answer, false),
      // test/sql/search-crowd.test.ts holds search and its filters against the policies
      ...Object.fromEntries(
        [
          ['search_documents', `'zebra', $1::extensions.halfvec, 100`],
          ['search_memories', `'zebra', $1::extensions.halfvec, 100`],
          ['search_similar_chunks', '$1::extensions.halfvec, max_results => 100'],
          ['search_similar_messages', '$1::extensions.halfvec, max_results => 100'],
        ].map(([name, given]) => [
          `app_public.${name}`,
          async () => {
            const vector = JSON.stringify(axis(512, 0));
            const find = async (user: TestUser, more = '') =>
              (
                await call(
                  user,
                  `select r.* from app_public.${name}(${given}${more}) as s cross join unnest(s.results) as r`,
                  vector,
                )
              ).rows.flatMap((row) => [
                row.document_id,
                row.message_id,
                row.conversation_id,
                row.memory_item_id,
              ]);
            const { ann, bob, owner, member, viewer } = tenants;
            const found = await find(ann);
            expect(found.filter(Boolean).length).toBeGreaterThan(0);
            for (const stranger of [bob, owner, member])
              for (const id of ids(stranger)) expect(found).not.toContain(id);
            for (const id of [of(owner).document, of(owner).conversation, of(owner).memory])
              expect(await find(viewer)).not.toContain(id);
            if (name === 'search_similar_messages') {
              expect(await find(ann, `, conversation_id => '${of(ann).conversation}'`)).not.toEqual([]);
              expect(await find(ann, `, conversation_id => '${of(bob).conversation}'`)).toEqual([]);
              expect(await find(viewer, `, conversation_id => '${of(owner).conversation}'`)).toEqual([]);
            }
            await nobody(`select app_public.${name}(${given!.replace('$1', `'${vector}'`)})`);
          },
        ]),
      ),
      'app_public.search_titles': async () => {
        const { ann, bob, owner, member, viewer } = tenants;
        const find = async (user: TestUser, query: string) =>
          (await call(user, 'select * from app_public.search_titles($1, 100)', query)).rows.flatMap((row) => [
            row.document_id,
            row.conversation_id,
          ]);
        expect(await find(ann, 'ann private')).toContain(of(ann).document);
        for (const [user, stranger, name] of [
          [ann, bob, 'bob'],
          [ann, owner, 'owner'],
          [bob, member, 'member'],
        ] as const)
          for (const id of ids(stranger))
            for (const query of [`${name} private`, `${name} shared`])
              expect(await find(user, query)).not.toContain(id);
        const shared = await find(viewer, 'owner shared');
        expect(shared).toContain(of(owner).sharedDocument);
        expect(await find(viewer, 'owner private')).not.toContain(of(owner).document);
        await nobody(`select app_public.search_titles('zebra')`);
      },
    };

    /** The token of the last mail to an address. */
    async function lastToken(recipient: string): Promise<string> {
      const { rows } = await database
        .pool('owner')
        .query('select body from app_private.mail_outbox where recipient = $1 order by id desc limit 1', [
          recipient,
        ]);
      return /Token: (\S+)/.exec(rows[0].body)![1]!;
    }

    /** Refused to users and visitors, whatever they are in their workspace. */
    async function onlyOperators(sql: string): Promise<void> {
      for (const user of Object.values(tenants))
        expect(await fails(call(user, sql))).toMatchObject({ code: '42501' });
      expect(await fails(asVisitor(database, (client) => client.query(sql)))).toMatchObject({
        code: '42501',
      });
      await asRole(database, 'colloquy_admin', {}, (client) => client.query(sql));
    }

    /** A function of one memory, called for somebody else's: as if it were not there, and unchanged. */
    async function strangersMemory(name: string, ...attempts: [TestUser, string][]): Promise<void> {
      const state = async () =>
        (
          await database
            .pool('owner')
            .query('select md5(string_agg(m::text, $1 order by id)) from app_public.memory_items m', ['|'])
        ).rows;
      const before = await state();
      const missing = await fails(call(tenants.ann, `select app_public.${name}($1)`, NOWHERE));
      expect(missing).toMatchObject({ code: 'CQ204' });
      for (const [user, id] of attempts)
        expect(await fails(call(user, `select app_public.${name}($1)`, id))).toEqual(missing);
      expect(await state()).toEqual(before);
      await nobody(`select app_public.${name}('${attempts[0]![1]}')`);
    }

    /** By an id of somebody else it says what it says of one that does not exist, and viewers and visitors are refused. */
    async function guarded(sql: string, id: (user: TestUser) => string, isWrite = true): Promise<void> {
      const { ann, bob, owner, member, viewer } = tenants;
      const missing = await fails(call(ann, sql, NOWHERE));
      expect(missing.code).toBe('CQ204');
      expect(await fails(call(ann, sql, id(bob)))).toEqual(missing);
      expect(await fails(call(member, sql, id(owner)))).toEqual(missing);
      expect(await fails(call(viewer, sql, id(owner)))).toMatchObject({ code: isWrite ? 'CQ109' : 'CQ204' });
      await nobody(sql.replace('$1', `'${id(bob)}'`));
    }

    /** Nobody is signed in: a visitor may not call it, and a role of users without claims is told to sign in. */
    async function nobody(sql: string): Promise<void> {
      expect(['42501', 'CQ101']).toContain(
        (await fails(asVisitor(database, (client) => client.query(sql)))).code,
      );
      expect(await fails(asRole(database, 'colloquy_user', {}, (client) => client.query(sql)))).toMatchObject(
        { code: 'CQ101' },
      );
      expect(
        await fails(
          asRole(database, 'colloquy_user', { userId: tenants.ann.id, memberRole: 'owner' }, (client) =>
            client.query(sql),
          ),
        ),
      ).toMatchObject({ code: 'CQ101' });
    }

    it('has an attack for every function that a request may call', async () => {
      const { rows } = await database.pool('owner').query(`
        select distinct format('%s.%s', n.nspname, p.proname) as name
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        cross join unnest(array['colloquy_visitor', 'colloquy_user', 'colloquy_admin']) as role
        where n.nspname in ('app_public', 'app_hidden', 'app_private', 'pgboss')
          and has_function_privilege(role, p.oid, 'execute') and has_schema_privilege(role, n.oid, 'usage')
        order by name`);
      expect(rows.map((row) => row.name)).toEqual(Object.keys(attacks).sort());
    });

    it.each(Object.keys(attacks))('%s gives nothing away', async (name) => attacks[name]!());

    it('refuses every other function to every request role', async () => {
      const { rows } = await database.pool('owner').query(`
        select p.oid::regprocedure::text as signature, role,
          format('select %I.%I(%s)', n.nspname, p.proname, (
            select string_agg(format('null::%s', format_type(t, null)), ', ' order by o) from unnest(p.proargtypes) with ordinality as x (t, o)
          )) as sql
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        cross join unnest(array['colloquy_visitor', 'colloquy_user', 'colloquy_admin']) as role
        where n.nspname in ('app_hidden', 'app_private', 'pgboss') and p.prokind = 'f'
          -- a strict immutable one of null is null before anybody asks who is calling
          and not (p.proisstrict and p.provolatile = 'i')
          and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
          and not (has_function_privilege(role, p.oid, 'execute') and has_schema_privilege(role, n.oid, 'usage'))`);
      expect(rows.length).toBeGreaterThan(50);
      for (const { sql, role } of rows) {
        expect(
          await fails(
            asRole(
              database,
              role,
              { userId: tenants.ann.id, workspaceId: tenants.ann.workspaceId },
              (client) => client.query(sql),
            ),
          ),
          `${sql} as ${role}`,
        ).toMatchObject({ code: '42501' });
      }
    });

    it('tells nothing by the collision of message ids', async () => {
      const { ann, bob } = tenants;
      const { rows: own } = await call(ann, 'select id from app_public.start_conversation()');
      const post = (id: string) =>
        call(ann, `select id from app_public.post_message($1, 'x', id => $2)`, own[0].id, id);
      const { rows: byBob } = await call(
        bob,
        `select id from app_public.post_message($1, 'taken')`,
        of(bob).conversation,
      );
      const { rows: byAnn } = await call(
        ann,
        `select id from app_public.post_message($1, 'taken')`,
        own[0].id,
      );
      const [strangers, mine] = [await fails(post(byBob[0].id)), await fails(post(byAnn[0].id))];
      expect(strangers.code).toBe('CQ200');
      expect(strangers.message.replace(byBob[0].id, 'X')).toBe(mine.message.replace(byAnn[0].id, 'X'));
      expect(strangers.message).not.toMatch(/constraint|key|duplicate|messages_/);
    });
  });

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
        { name: 'colloquy_monitor', can_become: expect.arrayContaining(['pg_monitor']), mighty: false },
        { name: 'colloquy_owner', can_become: [], mighty: false },
        { name: 'colloquy_user', can_become: [], mighty: false },
        { name: 'colloquy_visitor', can_become: [], mighty: false },
        { name: 'colloquy_worker', can_become: [], mighty: false },
      ]);
    });
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

  describe('who may do what', () => {
    // after a change that is meant: npm test -- test/sql/tenancy -u
    it('is as the file says, for tables', async () => {
      await expect(await describePrivileges(database.pool('admin'))).toMatchFileSnapshot(
        'golden/privileges.txt',
      );
    });
    it('is as the file says, for functions', async () => {
      await expect(await describeFunctions(database.pool('admin'))).toMatchFileSnapshot(
        'golden/functions.txt',
      );
    });
  });
});

/** The same person, in its own workspace. */
async function registerAgain(database: Database, user: TestUser): Promise<TestUser> {
  const { rows } = await database
    .pool('authenticator')
    .query('select workspace from app_hidden.authenticate($1)', [user.token]);
  return { ...user, workspaceId: rows[0].workspace };
}
