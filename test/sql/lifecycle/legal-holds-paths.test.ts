import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorCode } from '../../../lib/errors.ts';
import { describeReal } from '../../support/server.ts';
import type { TestUser } from '../../support/users.ts';
import { asRole } from '../../support/users.ts';
import { call, database, endScene, fails, of, said, setScene, tenants } from '../attacks/scene.ts';
import {
  type Covered,
  coveredTables,
  keptRows,
  losses,
  otherTables,
  writingFunctions,
} from './holds/catalogue.ts';
import { FREE_COLUMNS, FREE_TABLES, TRIED_ELSEWHERE } from './holds/decisions.ts';

/** By what a function ends: refused, or done with nothing of the workspace touched. */
type Outcome = 'CQ120' | 'passed over';
interface Attempt {
  outcome: Outcome;
  prepare?: (user: TestUser) => Promise<unknown>;
  run: (user: TestUser) => Promise<unknown>;
}

/** Every way to rows that a legal hold keeps, out of the catalogue: each is tried under a hold, and beside one. */
describeReal('the paths to what a legal hold keeps', () => {
  let covered: Covered[];
  const owner = () => database.pool('owner');
  const worker = () => database.pool('worker');
  /** A user under a hold, and a neighbour without one. */
  let held: TestUser;
  let free: TestUser;

  /** What a task of an agent wrote after a state: below zero, the last one counts. */
  const wrote = (value: string) =>
    `select app_public.put_agent_checkpoint_writes('thread', $1, array[
       row('task', 'path', -1, 'channel', 'json', '${value}')::app_public.agent_checkpoint_write])`;

  const states = async (user: TestUser) => {
    for (const id of ['1', '2']) {
      await call(user, `select app_public.put_agent_checkpoint('thread', $1, 'json', '1')`, id);
      await call(user, wrote('1'), id);
    }
  };

  beforeAll(async () => {
    await setScene();
    ({ ann: held, bob: free } = tenants);
    for (const user of [held, free]) {
      await call(user, 'select app_public.archive_conversation($1)', of(user).sharedConversation);
      await call(user, 'select app_public.forget($1)', of(user).sharedMemory);
      // what is held in the scene, for other tests
      for (const { id } of (await call(user, 'select id from app_public.legal_holds')).rows)
        await call(user, 'select app_public.release_legal_hold($1)', id);
    }
    for (const user of [held, free]) await states(user);
    covered = await coveredTables(database);
    await call(held, `select app_public.place_legal_hold('a case')`);
  });
  afterAll(endScene);

  /** Runs work that is undone, on one connection, and says how it went. */
  async function tried(client: pg.ClientBase, work: () => Promise<unknown>): Promise<string> {
    await client.query('savepoint attempt');
    try {
      const result = (await work()) as pg.QueryResult | undefined;
      return result?.rowCount === 0 ? 'nothing' : 'done';
    } catch (error) {
      return errorCode(error) ?? String(error);
    } finally {
      await client.query('rollback to savepoint attempt');
    }
  }

  async function undone(work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
    const client = await owner().connect();
    try {
      await client.query('begin');
      await work(client);
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  it('are decided, for every table of a workspace and every column of what is covered', async () => {
    expect(await otherTables(database)).toEqual(Object.keys(FREE_TABLES).sort());
    const undecided = covered.flatMap(({ name, columns, kept }) =>
      columns
        .filter((column) => kept.includes(column) === (FREE_COLUMNS[name] ?? '').split(' ').includes(column))
        .map((column) => `${name} ${column}`),
    );
    expect(undecided).toEqual([]);
    const { rows } = await owner().query(
      `select array_agg(distinct tgrelid::regclass::text) as tables from pg_trigger where tgfoid = 'app_hidden.audit_row'::regproc`,
    );
    // versions of configurations are what the audit log has of them
    for (const [table, why] of Object.entries(FREE_TABLES))
      if (why.startsWith('the audit log') && table !== 'app_public.rag_configuration_versions')
        expect(rows[0].tables, table).toContain(table);
  });

  it('end at the tables, for their owner too: no row is deleted, no kept value changed, nothing emptied', async () => {
    const { rows: types } = await owner().query(`
      select format('%s.%s', n.nspname, c.relname) || ' ' || a.attname as name,
        case when t.typtype = 'e' then format('(select l from unnest(enum_range(null::%s)) l where l <> t.%I limit 1)', t.oid::regtype, a.attname)
          when t.typname = 'regclass' then $$'pg_class'::regclass$$
          when t.typcategory = 'S' then format('left(t.%I::text, 50) || %L', a.attname, 'x')
          when t.typcategory = 'N' then format('t.%I + 1', a.attname)
          when t.typcategory = 'B' then format('not t.%I', a.attname)
          when t.typcategory = 'A' then format('t.%I || t.%1$I[1]', a.attname)
          when t.typname = 'uuid' then 'uuidv7()'
          when t.typname = 'jsonb' then $$'{"other": true}'$$
          when t.typname = 'bytea' then $$sha256('other')$$
          when t.typname = 'date' then format('t.%I + 1', a.attname)
        end as other
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace join pg_type t on t.oid = a.atttypid
      where n.nspname in ('app_public', 'app_hidden') and a.attnum > 0 and c.relkind in ('r', 'p')`);
    const others = new Map<string, string>(types.map((row) => [row.name, row.other]));
    const results: Record<string, string> = {};
    let changes = 0;
    await undone(async (client) => {
      for (const { name, kept } of covered) {
        for (const [user, place] of [
          [held, 'held'],
          [free, 'free'],
        ] as const) {
          const change = (sql: string) => tried(client, () => client.query(sql, [user.workspaceId]));
          results[`${place} ${name}`] = await change(`delete from ${name} t where workspace_id = $1`);
          for (const column of kept) {
            const outcome = await change(
              `update ${name} t set ${column === 'position' ? '"position"' : column} = ${others.get(`${name} ${column}`)}
               where workspace_id = $1 and ${column === 'position' ? '"position"' : column} is not null and to_jsonb(t) -> '${column}' not in ('{}', '[]')`,
            );
            if (place === 'held' && outcome === 'CQ120') changes++;
            // constraints may refuse it without a hold; the hold must be what refuses it with one
            const fine =
              place === 'held' ? outcome === 'CQ120' || outcome === 'nothing' : outcome !== 'CQ120';
            if (!fine) results[`${place} ${name} ${column}`] = outcome;
          }
        }
        results[`emptied ${name}`] = await tried(client, () => client.query(`truncate ${name} cascade`));
      }
    });
    expect(results).toEqual(
      Object.fromEntries(
        covered.flatMap(({ name }) => [
          [`held ${name}`, 'CQ120'],
          [`free ${name}`, 'done'],
          [`emptied ${name}`, 'CQ120'],
        ]),
      ),
    );
    expect(changes).toBeGreaterThan(100);
  });

  it('end at the cascades of foreign keys, whatever they begin with', async () => {
    const { rows: keys } = await owner().query(`
      select k.conname as name, k.conrelid::regclass::text as child, k.confrelid::regclass::text as parent, k.confdeltype as action,
        array(select a.attname::text from unnest(k.conkey) with ordinality u (n, i) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by i) as columns,
        array(select a.attname::text from unnest(k.confkey) with ordinality u (n, i) join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by i) as "parentColumns",
        array(select a.attname::text from unnest(coalesce(k.confdelsetcols, k.conkey)) u (n) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n) as "setNull"
      from pg_constraint k where k.contype = 'f' and k.conparentid = 0 and k.confdeltype in ('c', 'n')`);
    const outcomes: Record<string, string> = {};
    await undone(async (client) => {
      for (const { name, child, parent, action, columns, parentColumns, setNull } of keys) {
        const table = covered.find((candidate) => candidate.name === child);
        if (!table || (action === 'n' && !setNull.some((column: string) => table.kept.includes(column))))
          continue;
        const join = columns
          .map((column: string, i: number) => `p.${parentColumns[i]} = c.${column}`)
          .join(' and ');
        for (const user of [held, free]) {
          const outcome = await tried(client, () =>
            client.query(
              `delete from ${parent} where ctid = any (array(select p.ctid from ${parent} p join ${child} c on ${join} where c.workspace_id = $1 limit 1))`,
              [user.workspaceId],
            ),
          );
          if (user === held ? !['CQ120', 'nothing'].includes(outcome) : outcome === 'CQ120')
            outcomes[`${user === held ? 'held' : 'free'} ${name}`] = outcome;
          if (user === held && outcome === 'CQ120')
            outcomes.refused = String(Number(outcomes.refused ?? 0) + 1);
        }
      }
    });
    expect(outcomes).toEqual({ refused: expect.any(String) });
    expect(Number(outcomes.refused)).toBeGreaterThan(25);
  });

  it('end there for whoever may write a table directly, and are open beside the hold', async () => {
    const { rows: rights } = await owner().query(`
      select r.rolname as role, format('%s.%s', n.nspname, c.relname) as name,
        has_table_privilege(r.oid, c.oid, 'delete') as "mayDelete", has_table_privilege(r.oid, c.oid, 'truncate') as "mayEmpty",
        array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          and has_column_privilege(r.oid, c.oid, a.attnum, 'update')) as columns
      from pg_roles r cross join pg_class c join pg_namespace n on n.oid = c.relnamespace
      where r.rolname like 'colloquy%' and r.rolname not in ('colloquy_owner') and n.nspname in ('app_public', 'app_hidden', 'app_private') and c.relkind in ('r', 'p')`);
    const decided = new Set([...covered.map((table) => table.name), ...Object.keys(FREE_TABLES)]);
    const paths: string[] = [];
    for (const { role, name, mayDelete, mayEmpty, columns } of rights) {
      expect(mayEmpty, `${role} may empty ${name}`).toBe(false);
      if (!mayDelete && columns.length === 0) continue;
      const table = covered.find((candidate) => candidate.name === name);
      if (!table) {
        // accounts and counters of requests, which belong to no workspace
        expect(
          [...decided, 'app_public.users', 'app_hidden.rate_limits'],
          `${role} writes ${name}`,
        ).toContain(name);
        continue;
      }
      for (const user of [held, free]) {
        const claims = { userId: user.id, workspaceId: user.workspaceId, memberRole: 'owner' };
        const statements = [
          ...(mayDelete ? [`delete from ${name}`] : []),
          ...columns
            .filter((column: string) => table.kept.includes(column) && column !== 'metadata')
            .map(
              (column: string) =>
                `update ${name} set ${column} = ${column === 'content_type' ? "'markdown'" : `left(${column}::text, 50) || 'x'`} where ${column} is not null`,
            ),
        ];
        for (const statement of statements) {
          const path = `${role}: ${statement}`;
          const attempt = asRole(database, role, claims, async (client) => {
            const { rowCount } = await client.query(statement);
            throw new Error(rowCount ? 'done' : 'nothing');
          });
          const { code, message } = await fails(attempt);
          if (user === held && message !== 'nothing') paths.push(path);
          expect(user === held ? (message === 'nothing' ? 'CQ120' : code) : message, path).toBe(
            user === held ? 'CQ120' : message === 'nothing' ? 'nothing' : 'done',
          );
        }
      }
    }
    expect(paths.length).toBeGreaterThan(15);
  });

  const aged = (user: TestUser) =>
    owner().query(
      `update app_public.files set updated_at = now() - interval '30 days', processing_status = 'pending', error = null, error_code = null where workspace_id = $1`,
      [user.workspaceId],
    );
  const reading = (user: TestUser) =>
    owner().query(
      `with read as (update app_public.files set processing_status = 'processing', attempts = 1, error = null, error_code = null where id = $1 returning *)
       insert into app_public.documents (workspace_id, owner_id, title, content, file_id) select workspace_id, owner_id, 'read', 'read', id from read`,
      [of(user).file],
    );
  const ending = (user: TestUser) =>
    owner().query(
      `update app_public.conversations set is_temporary = true, expires_at = now() - interval '1 minute' where id = $1`,
      [said(user).conversation],
    );
  const uncited = (user: TestUser) =>
    owner().query(
      `with passage as (
         insert into app_hidden.cited_passages (workspace_id, chunk_id, source_type, document_id, owner_id, visibility, content, start_offset, end_offset)
         values ($1, uuidv7(), 'document', $2, $3, 'private', 'x', 0, 1) returning workspace_id, id
       )
       insert into app_hidden.passage_checks (workspace_id, passage_id) select workspace_id, id from passage`,
      [user.workspaceId, of(user).document, user.id],
    );
  /** In this order: the last ones remove what the first ones need. */
  const ATTEMPTS: Record<string, Attempt> = {
    'app_public.add_tag': {
      outcome: 'passed over',
      run: (user) => call(user, `select app_public.add_tag('one more', 'document', $1)`, of(user).document),
    },
    'app_public.remove_tag': {
      outcome: 'CQ120',
      run: (user) =>
        call(
          user,
          'select app_public.remove_tag(t.name, $1, $2) from app_public.tags t join app_public.entity_tags e on e.tag_id = t.id and e.entity_id = $2',
          'document',
          of(user).document,
        ),
    },
    'app_public.answer_tool_call': {
      outcome: 'passed over',
      run: (user) => call(user, `select app_public.answer_tool_call($1, 'approved')`, said(user).toolCall),
    },
    'app_public.give_feedback': {
      outcome: 'CQ120',
      run: (user) => call(user, `select app_public.give_feedback($1, 'negative')`, said(user).answer),
    },
    'app_public.withdraw_feedback': {
      outcome: 'CQ120',
      run: (user) => call(user, 'select app_public.withdraw_feedback($1)', said(user).answer),
    },
    'app_public.create_document': {
      outcome: 'CQ120',
      run: (user) =>
        call(
          user,
          `select app_public.create_document('other', 'other', source_url => 'https://example.org/1')`,
        ),
    },
    'app_public.import_documents': {
      outcome: 'passed over',
      run: async (user) => {
        const { rows } = await call(
          user,
          `select (app_public.import_documents('[{"sourceUrl": "https://example.org/1", "title": "new", "content": "new"}, {"sourceUrl": "https://example.org/9", "title": "new", "content": "new"}]')).*`,
        );
        expect(rows.map((row) => row.outcome)).toEqual([user === held ? 'refused' : 'updated', 'added']);
      },
    },
    'app_public.add_document_to_repository': {
      outcome: 'CQ120',
      run: (user) =>
        call(
          user,
          `select app_public.add_document_to_repository($1, $2, 'elsewhere.txt')`,
          of(user).repository,
          of(user).document,
        ),
    },
    'app_public.put_agent_checkpoint': {
      outcome: 'CQ120',
      prepare: states,
      run: (user) => call(user, `select app_public.put_agent_checkpoint('thread', '2', 'json', 'other')`),
    },
    'app_public.put_agent_checkpoint_writes': {
      outcome: 'CQ120',
      prepare: states,
      run: (user) => call(user, wrote('other'), '2'),
    },
    'app_public.prune_agent_thread': {
      outcome: 'CQ120',
      prepare: states,
      run: (user) => call(user, `select app_public.prune_agent_thread('thread')`),
    },
    'app_public.delete_agent_thread': {
      outcome: 'CQ120',
      prepare: states,
      run: (user) => call(user, `select app_public.delete_agent_thread('thread')`),
    },
    'app_hidden.delete_old_agent_threads': {
      outcome: 'passed over',
      prepare: async (user) => {
        await call(user, `select app_public.put_agent_checkpoint('left', '1', 'json', '1')`);
        await owner().query(
          `update app_private.settings set value = '0' where name = 'agent_checkpoint_days'`,
        );
      },
      run: () => worker().query('select app_hidden.delete_old_agent_threads()'),
    },
    'app_hidden.register_file': {
      outcome: 'passed over',
      prepare: (user) =>
        owner().query(
          `update app_public.files set processing_status = 'failed', error = 'planted', error_code = 'CQ322' where id = $1`,
          [of(user).file],
        ),
      run: (user) =>
        call(user, `select app_hidden.register_file('other name.txt', 'text/plain', 5, sha256('zebra'))`),
    },
    'app_hidden.store_extraction': {
      outcome: 'CQ120',
      prepare: reading,
      run: (user) =>
        worker().query(`select app_hidden.store_extraction($1, $2, 1, 'other', 'other', 'text')`, [
          user.workspaceId,
          of(user).file,
        ]),
    },
    'app_private.erase_cited_passages': {
      outcome: 'CQ120',
      run: (user) => owner().query('select app_private.erase_cited_passages(of_user => $1)', [user.id]),
    },
    'app_hidden.delete_uncited_passages': {
      outcome: 'passed over',
      prepare: uncited,
      run: () => worker().query('select * from app_hidden.delete_uncited_passages()'),
    },
    'app_hidden.delete_expired_conversations': {
      outcome: 'passed over',
      prepare: ending,
      run: () => worker().query('select * from app_hidden.delete_expired_conversations()'),
    },
    'app_public.delete_file': {
      outcome: 'CQ120',
      run: (user) => call(user, 'select app_public.delete_file($1)', of(user).file),
    },
    'app_hidden.cleanup_orphaned_files': {
      outcome: 'passed over',
      prepare: async (user) => {
        await call(user, `select app_hidden.register_file('orphan.txt', 'text/plain', 6, sha256('orphan'))`);
        await aged(user);
      },
      run: () => worker().query('select * from app_hidden.cleanup_orphaned_files()'),
    },
  };

  it('end there for every function that deletes or changes, and are open beside the hold', async () => {
    expect(await writingFunctions(database, covered)).toEqual(
      [...Object.keys(ATTEMPTS), ...Object.keys(TRIED_ELSEWHERE)].sort(),
    );
    for (const [name, { outcome, prepare, run }] of Object.entries(ATTEMPTS)) {
      await prepare?.(held);
      const before = await keptRows(database, covered, held.workspaceId);
      if (outcome === 'CQ120') expect(await fails(run(held)), name).toMatchObject({ code: 'CQ120' });
      else await run(held);
      expect(losses(before, await keptRows(database, covered, held.workspaceId)), name).toEqual([]);
    }
    for (const [name, { prepare, run }] of Object.entries(ATTEMPTS)) {
      await prepare?.(free);
      const before = await keptRows(database, covered, free.workspaceId);
      await run(free);
      const lost = losses(before, await keptRows(database, covered, free.workspaceId));
      if (!['app_public.add_tag', 'app_public.answer_tool_call'].includes(name))
        expect(lost.length, name).toBeGreaterThan(0);
    }
  });

  it('are open to maintenance that loses nothing, and to adding', async () => {
    const before = await keptRows(database, covered, held.workspaceId);
    const messages = `select jsonb_agg(to_jsonb(m) order by m.id) as rows from app_public.conversation_messages($1) m`;
    const read = async () => (await call(held, messages, of(held).conversation)).rows[0].rows;
    const shown = await read();
    expect(shown.length).toBe(2);
    await call(held, 'select app_public.archive_conversation($1)', of(held).conversation);
    expect(await read()).toEqual(shown);
    await call(held, 'select app_public.restore_conversation($1)', of(held).conversation);
    // an archive that was packed before the hold
    await call(held, `select app_public.post_message($1, 'one more')`, of(held).sharedConversation);
    // messages of a time without a partition, with an answer in another month
    await owner().query('select app_hidden.ensure_partitions()');
    const memory = of(held).memory;
    await call(held, 'select app_public.forget($1)', memory);
    await call(held, 'select app_public.undo_memory($1)', memory);
    await call(held, `select app_public.remember('zebra that ann dreamt of', subject => 'dream')`);
    await call(held, `select app_public.remember('another value', subject => 'dream')`);
    await call(held, 'update app_public.documents set is_archived = true');
    await call(held, `update app_public.conversations set pinned_at = now(), visibility = 'workspace'`);
    await owner().query('select app_hidden.tier_chunks()');
    const now = losses(before, await keptRows(database, covered, held.workspaceId));
    // unpacked: its archive is gone, and its messages are rows
    expect(now.filter((loss) => !loss.startsWith('app_hidden.conversation_archive'))).toEqual([]);
  });
});
