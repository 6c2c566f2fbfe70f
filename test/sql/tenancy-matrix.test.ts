import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorCode } from '../../lib/errors.ts';
import { describeReal } from '../support/server.ts';
import { createWorkspace, join } from '../support/tenants.ts';
import { registerUser, type TestUser } from '../support/users.ts';
import { database, endScene, NOWHERE, of, said, setScene, tenants } from './attacks/scene.ts';

/**
 * Everything that the catalogue knows, attacked by everybody: each relation and each function, with the rows of one
 * victim, by actors who share no workspace with it. What is new in the catalogue is attacked by itself.
 */
interface Actor {
  name: string;
  /** The login; a role of requests is taken within it. */
  login: 'authenticator' | 'worker' | 'admin';
  role?: string;
  user?: TestUser;
  workspaceId?: string;
  memberRole?: string;
  scopes?: string;
  /** What it may read of everybody, by design. */
  mayRead?: string[];
  /** What it may count in, by design: a key of who asks and a number, of nobody's content. */
  mayCountIn?: string[];
  /** What it may call, by design: jobs and sizes, without content. */
  mayCall?: string[];
}
interface Relation {
  name: string;
  schema: string;
  columns: string[];
  /** Those that are not generated. */
  writable: string[];
  keyColumns: string[];
  tenantColumn: string | null;
}
interface Routine {
  sql: string;
  name: string;
  types: string[];
}
type Victim = Record<string, unknown>;

/** What jobs index, they read; nothing else, and nobody but them. */
const INDEXED = ['documents', 'conversations', 'messages', 'memory_items', 'files', 'embedding_versions'];
/** Which migrations and queue there are, /readyz asks. */
const APPLIED = ['graphile_migrate.migrations', 'app_hidden.applied_functions'];
const READINESS = [...APPLIED, 'pgboss.version', 'pgboss.queue'];
/** What jobs do and tables hold, in numbers. */
const OPERATING = ['app_public.processing_jobs(integer)', 'app_public.performance_stats()'];
/** What the doctor looks at: sizes, runs, settings; and where events wait, by ids and counts. */
const MEASURED = [
  'app_hidden.maintenance_runs',
  'app_hidden.paused_jobs',
  'app_hidden.database_days',
  'app_hidden.relation_sizes',
];
const LOOKING = ['app_hidden.events_waiting()', 'app_hidden.setting(text)'];
/** What is everybody's. */
const SHARED = ['embedding_versions', 'file_type_configs'];

/** What tells nothing: not allowed, not signed in, out of scope, no such thing, read-only, not a manager, unusable. */
const QUIET = /^(42501|CQ1\d\d|CQ2\d\d|CQ30\d)$/;

/** Who attacks: `beforeAll` says with what. Expired sessions and revoked keys come to no role: test/api/tenancy.test.ts. */
const ACTORS = [
  'visitor',
  'visitor with claims of the victim',
  'user without claims',
  'user without a workspace',
  'owner',
  'member',
  'viewer',
  'admin of another workspace',
  'administrator of the installation',
  'administrator without claims',
  'API key that only searches',
  'API key without a scope',
  'login of the API',
  'worker',
  'monitor',
];
/** Who calls every function with every id; the others with some. */
const THOROUGH = ['visitor', 'member', 'administrator of the installation'];

describeReal('every relation and function, by everybody', () => {
  let actors: Actor[];
  let relations: Relation[];
  let routines: Routine[];
  const victims = new Map<string, Victim[]>();
  const tally = { tried: 0, byOperation: new Map<string, number>() };
  const leaks: string[] = [];
  let before: string;

  beforeAll(async () => {
    await setScene();
    const { ann, owner, member, viewer } = tenants;
    const elsewhere = await createWorkspace(database, 'Elsewhere');
    const admin = await join(database, await registerUser(database, 'admin@example.org'), elsewhere, 'admin');
    const request = (name: string, user: TestUser | undefined, more: Partial<Actor> = {}): Actor => ({
      name,
      login: 'authenticator',
      role: 'colloquy_user',
      ...(user ? { user, workspaceId: user.workspaceId, memberRole: user.memberRole } : {}),
      ...more,
    });
    actors = [
      request('visitor', undefined, { role: 'colloquy_visitor' }),
      request('visitor with claims of the victim', tenants.bob, { role: 'colloquy_visitor' }),
      request('user without claims', undefined),
      request('user without a workspace', ann, { workspaceId: '', memberRole: '' }),
      request('owner', owner),
      request('member', member),
      request('viewer', viewer),
      request('admin of another workspace', admin),
      request('administrator of the installation', ann, { role: 'colloquy_admin', mayCall: OPERATING }),
      request('administrator without claims', undefined, { role: 'colloquy_admin', mayCall: OPERATING }),
      request('API key that only searches', ann, { scopes: 'search' }),
      request('API key without a scope', ann, { scopes: 'none' }),
      {
        name: 'login of the API',
        login: 'authenticator',
        mayRead: READINESS,
        mayCountIn: ['app_hidden.rate_limits'],
      },
      {
        name: 'worker',
        login: 'worker',
        mayRead: [...INDEXED, ...APPLIED, 'app_hidden.maintenance_runs', 'app_hidden.paused_jobs'],
      },
      {
        name: 'monitor',
        login: 'admin',
        role: 'colloquy_monitor',
        mayRead: [...READINESS, ...MEASURED],
        mayCall: [...OPERATING, ...LOOKING],
      },
    ];
    const catalogue = database.pool('admin');
    await catalogue.query(
      `insert into app_public.workspace_invitations (workspace_id, email, expires_at) values ($1, 'of.bob@example.org', now() + interval '1 day')`,
      [tenants.bob.workspaceId],
    );
    relations = (
      await catalogue.query<Relation>(`
        select n.nspname as schema, format('%I.%I', n.nspname, c.relname) as name,
          array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
          array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = '' order by a.attnum) as writable,
          coalesce((select array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum = any (k.conkey))
            from pg_constraint k where k.conrelid = c.oid and k.contype = 'p'), '{}') as "keyColumns",
          (select a.attname from pg_attribute a where a.attrelid = c.oid and a.attname = any (
             case c.relname when 'users' then '{id}' when 'workspaces' then '{id}' else '{workspace_id,user_id}' end::name[])
             order by a.attname desc limit 1) as "tenantColumn"
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss', 'graphile_migrate')
          and c.relkind in ('r', 'p', 'v', 'm', 'f')
        order by 1, 2`)
    ).rows;
    routines = (
      await catalogue.query<Routine>(`
        select p.oid::regprocedure::text as name, format('%I.%I', n.nspname, p.proname) as sql,
          array(select format_type(t, null) from unnest(p.proargtypes) with ordinality as x (t, o) order by o) as types
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('app_public', 'app_hidden', 'app_private') and p.prokind = 'f'
          and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
        order by 1`)
    ).rows;
    const { bob } = tenants;
    for (const { name, columns, keyColumns, tenantColumn } of relations) {
      if (keyColumns.length === 0) continue;
      const id = {
        workspace_id: bob.workspaceId,
        user_id: bob.id,
        id: name.endsWith('.users') ? bob.id : bob.workspaceId,
      };
      const { rows } = await catalogue.query(
        `select ${columns.map((column) => `t.${column}::text`)} from ${name} t ${tenantColumn ? `where t.${tenantColumn} = $1` : ''} limit 2`,
        tenantColumn ? [id[tenantColumn as keyof typeof id]] : [],
      );
      if (rows.length > 0) victims.set(name, rows);
    }
    before = await stateOfVictim();
  });
  afterAll(endScene);

  async function as<T>(actor: Actor, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await database.pool(actor.login).connect();
    try {
      await client.query('begin');
      const settings: Record<string, string> = {
        ...(actor.role ? { role: actor.role } : {}),
        'colloquy.user_id': actor.user?.id ?? '',
        'colloquy.workspace_id': actor.workspaceId ?? '',
        'colloquy.member_role': actor.memberRole ?? '',
        'colloquy.scopes': actor.scopes ?? '',
        'colloquy.session_id': '',
      };
      for (const [name, value] of Object.entries(settings))
        await client.query('select set_config($1, $2, true)', [name, value]);
      await client.query('savepoint attempt');
      return await work(client);
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  /** One attempt, undone: its rows, or the code that it was refused with. */
  async function attempt(
    client: pg.PoolClient,
    operations: string,
    sql: string,
    values: unknown[] = [],
  ): Promise<{ rows: Record<string, unknown>[]; touched: number; code?: string; message?: string }> {
    for (const one of operations.split(' ')) {
      tally.tried += 1;
      tally.byOperation.set(one, (tally.byOperation.get(one) ?? 0) + 1);
    }
    const outcome = await client.query(sql, values).then(
      ({ rows, rowCount }) => ({ rows, touched: rowCount ?? 0 }),
      (error) => ({
        rows: [],
        touched: 0,
        code: errorCode(error) ?? 'none',
        message: String(error.message),
      }),
    );
    // what was read has left nothing to undo
    if ('code' in outcome || !/^(read|count|filter order aggregate)$/.test(operations))
      await client.query('rollback to savepoint attempt');
    return outcome;
  }

  /** What the database holds of the victim. */
  async function stateOfVictim(): Promise<string> {
    const parts: string[] = [];
    for (const { name, tenantColumn, schema } of relations) {
      if (!tenantColumn || schema === 'app_partitions') continue;
      const { rows } = await database
        .pool('admin')
        .query(
          `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash from ${name} t where ${tenantColumn} = any ($1)`,
          [[tenants.bob.workspaceId, tenants.bob.id]],
        );
      parts.push(`${name} ${rows[0].hash}`);
    }
    return parts.join('\n');
  }

  it('has victims in every table that belongs to somebody', () => {
    const without = relations.filter(
      ({ name, schema, tenantColumn }) => schema === 'app_public' && tenantColumn && !victims.has(name),
    );
    expect(without.map(({ name }) => name)).toEqual([]);
    expect(actors.map(({ name }) => name)).toEqual(ACTORS);
    expect(relations.length).toBeGreaterThan(90);
  });

  it.each(ACTORS)(
    '%s cannot read, count, filter, sort, add up, lock, write or remove what is the victim’s',
    async (who) => {
      const actor = actors.find(({ name }) => name === who)!;
      await as(actor, async (client) => {
        for (const { name, schema, columns, writable, keyColumns } of relations) {
          const leak = (what: string) => leaks.push(`${who}: ${what} of ${name}`);
          if (schema !== 'app_public') {
            if (actor.login === 'worker' && schema === 'pgboss') continue;
            // nothing of these is for anybody, whatever is in them
            for (const [operation, sql] of [
              ['read', `select * from ${name} limit 1`],
              ['count', `select count(*) from ${name}`],
              ['insert', `insert into ${name} default values`],
              ['update', `update ${name} set ${writable[0]} = ${writable[0]}`],
              ['delete', `delete from ${name}`],
            ] as const) {
              if (actor.mayRead?.includes(name) && /read|count/.test(operation)) continue;
              if (actor.mayCountIn?.includes(name) && /read|count|insert/.test(operation)) continue;
              const { code } = await attempt(client, operation, sql);
              if (code !== '42501') leak(`${operation} (${code ?? 'allowed'})`);
            }
            continue;
          }
          /** Refused with nothing but "not allowed", or without a row. */
          const nothing = async (operations: string, sql: string, values: unknown[] = []) => {
            const { rows, touched, code } = await attempt(client, operations, sql, values);
            const found = rows.some((row) =>
              Object.values(row).some((value) => value !== null && value !== '0'),
            );
            if (code ? code !== '42501' : found || (rows.length === 0 && touched > 0))
              leak(`${operations} (${code ?? 'rows'})`);
          };
          const short = name.split('.')[1]!;
          const mayRead = SHARED.includes(short) || actor.mayRead?.includes(short);
          for (const [index, victim] of (victims.get(name) ?? []).entries()) {
            const where = keyColumns.map((column, at) => `t.${column}::text = $${at + 1}`).join(' and ');
            const key = keyColumns.map((column) => victim[column]);
            if (!mayRead) {
              await nothing('read', `select t.* from ${name} t where ${where}`, key);
              await nothing('count', `select count(*) as n from ${name} t where ${where}`, key);
              await nothing('lock', `select 1 as n from ${name} t where ${where} for share`, key);
              // three in one: a column is readable for all of them or for none
              for (const column of index === 0 ? columns : [])
                await nothing(
                  'filter order aggregate',
                  `select
                   (select count(*) from ${name} t where ${where} and t.${column}::text is not distinct from $${key.length + 1}),
                   (select 1 from (select * from ${name} s order by s.${column}::text desc nulls last) as t where ${where}),
                   (select max(t.${column}::text) from ${name} t where ${where})`,
                  [...key, victim[column]],
                );
            }
            await nothing('delete', `delete from ${name} t where ${where}`, key);
            for (const column of index === 0 ? writable : [])
              await nothing('update', `update ${name} t set ${column} = t.${column} where ${where}`, key);
            // a copy of the victim's row: neither a policy nor a unique index says that it is there
            const given = writable.filter((column) => victim[column] !== null);
            for (const some of [given, given.filter((column) => !keyColumns.includes(column)), keyColumns]) {
              if (some.length === 0) continue;
              const { code } = await attempt(
                client,
                'insert',
                `insert into ${name} (${some}) select ${some.map((column) => `r.${column}`)} from jsonb_populate_record(null::${name}, $1) as r`,
                [JSON.stringify(Object.fromEntries(some.map((column) => [column, victim[column]])))],
              );
              if (code !== '42501') leak(`insert (${code ?? 'allowed'})`);
            }
          }
        }
      });
      expect(leaks).toEqual([]);
      expect(await stateOfVictim()).toBe(before);
    },
  );

  it('tells nobody anything by a reference to what is the victim’s', async () => {
    const { rows: references } = await database
      .pool('admin')
      .query<{ name: string; column: string; target: string }>(`
      select k.conrelid::regclass::text as name, a.attname as column, k.confrelid::regclass::text as target
      from pg_constraint k
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
      where k.contype = 'f' and k.conparentid = 0 and k.connamespace = 'app_public'::regnamespace and a.attname <> 'workspace_id'`);
    expect(references.length).toBeGreaterThan(30);
    for (const actor of actors) {
      await as(actor, async (client) => {
        for (const { name, column, target } of references) {
          const known = victims.get(target.includes('.') ? target : `app_public.${target}`)?.[0];
          const id = known?.id;
          if (typeof id !== 'string') continue;
          const point = async (value: string) => {
            const { code, message, touched } = await attempt(
              client,
              'reference',
              `update ${name} t set ${column} = $1`,
              [value],
            );
            return `${code} ${message?.replaceAll(value, 'X')} ${touched}`;
          };
          const [strangers, nobodys] = [await point(id), await point(NOWHERE)];
          if (strangers !== nobodys)
            leaks.push(`${actor.name}: ${name}.${column}: ${strangers} and not ${nobodys}`);
        }
      });
    }
    expect(leaks).toEqual([]);
  });

  it('gives nothing of the victim by any function, with its own ids', async () => {
    const { bob } = tenants;
    const ids = [
      ...new Set([bob.id, bob.workspaceId, ...Object.values(of(bob)).flat(), ...Object.values(said(bob))]),
    ].filter((id) => /^[0-9a-f-]{36}$/.test(id));
    /** Words that stand in rows of the victim alone. */
    const secrets = /zebra,? (said|of|by|told|that) bob|bob (private|shared|dialogue)|of bob|bob@example/;
    for (const actor of actors) {
      await as(actor, async (client) => {
        for (const { sql, name, types } of routines) {
          // what works for everybody: jobs, for the worker; signing in
          if (actor.login === 'worker' || (actor.login === 'authenticator' && !actor.role)) {
            if (!name.startsWith('app_private.')) continue;
          }
          if (actor.mayCall?.includes(name)) continue;
          const aims =
            types.includes('uuid') || types.includes('uuid[]')
              ? THOROUGH.includes(actor.name)
                ? ids
                : ids.slice(0, 3)
              : [ids[0]!];
          for (const id of aims) {
            const args = types.map((type) =>
              type === 'uuid'
                ? `'${id}'::uuid`
                : type === 'uuid[]'
                  ? `array['${id}']::uuid[]`
                  : type === 'text' || type.endsWith('citext')
                    ? `'zebra'::${type}`
                    : `null::${type}`,
            );
            const { rows, code } = await attempt(client, 'call', `select ${sql}(${args})::text as result`);
            const text = JSON.stringify(rows);
            const told = ids.filter(
              (one) =>
                one !== id && one !== actor.user?.id && one !== actor.workspaceId && text.includes(one),
            );
            if (secrets.test(text) || told.length > 0)
              leaks.push(`${actor.name}: ${name} told ${text.slice(0, 300)}`);
            if (code === '42501') break;
            if (code && !QUIET.test(code) && !/^(22|23502|23514|42P13|54)/.test(code))
              leaks.push(`${actor.name}: ${name} failed with ${code}`);
          }
        }
      });
    }
    expect(leaks).toEqual([]);
    expect(await stateOfVictim()).toBe(before);
  });

  it('was tried', () => {
    const by = [...tally.byOperation].map(([operation, count]) => `${count} ${operation}`).join(', ');
    process.stdout.write(
      `tenancy: ${tally.tried} attempts in SQL by ${actors.length} actors on ${relations.length} relations and ${routines.length} functions (${by}): ${leaks.length} leaked\n`,
    );
    expect(tally.tried).toBeGreaterThan(20_000);
    expect(leaks).toEqual([]);
  });
});
