import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../lib/database.ts';
import { errorCode } from '../../lib/errors.ts';
import { describeReal } from '../support/server.ts';
import type { Tenants } from '../support/tenants.ts';
import { asRole, type TestUser } from '../support/users.ts';
import { call, database, endScene, fails, of, setScene, tenants } from './attacks/scene.ts';

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
  conversation_shares: `workspace_id = $2 and (created_by = $1 or ${MANAGES})`,
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
  webhook_deliveries: `workspace_id = $2 and ${MANAGES}`,
  workspace_exports: `workspace_id = $2 and ${MANAGES}`,
  webhooks: `workspace_id = $2 and ${MANAGES}`,
  workspace_invitations: `workspace_id = $2 and ${MANAGES}`,
  workspace_members: 'workspace_id = any ($3)',
  workspaces: 'id = any ($3)',
  conversation_analytics: `workspace_id = $2 and conversation_id in (select c.id from app_public.conversations c where ${READABLE})`,
  rag_configuration_performance: 'workspace_id = $2',
};

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
  /** The tables of app_public, from the catalogue. */
  let tables: Table[];

  beforeAll(async () => {
    await setScene();
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
  afterAll(endScene);

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
      const statements: string[] = [];
      for (const { name, columns } of rows) {
        const updates = (name.startsWith('app_partitions.') ? columns.slice(0, 1) : columns).map(
          (column) => `update ${name} set ${column} = ${column}`,
        );
        statements.push(
          `delete from ${name}`,
          `insert into ${name} default values`,
          `truncate ${name}`,
          ...updates,
        );
        await worker.query(`select from ${name} limit 1`).then(
          () => readable.push(name),
          (error) => expect(errorCode(error), name).toBe('42501'),
        );
      }
      expect(statements.length).toBeGreaterThan(1_000);
      // thousands, in one round trip: each as the worker, and each refused
      const list = statements.map((sql) => `$sql$${sql}$sql$`).join(', ');
      await worker.query(`do $do$
        declare
          statement text;
        begin
          foreach statement in array array[${list}] loop
            begin
              execute statement;
              raise exception 'The worker may: %', statement;
            exception when insufficient_privilege then
              null;
            end;
          end loop;
        end
      $do$`);
      expect(readable.sort()).toEqual([
        'app_hidden.applied_functions',
        'app_hidden.maintenance_runs',
        'app_hidden.paused_jobs',
        'app_public.conversations',
        'app_public.documents',
        'app_public.embedding_versions',
        'app_public.files',
        'app_public.memory_items',
        'app_public.messages',
      ]);
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
