import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

/** What it says without cause: the function, the beginning of the finding, and why it is none. */
const REVIEWED: [string, string][] = [
  // The name of a dictionary is looked up in pg_catalog, which nobody changes.
  ['app_hidden.text_lexemes', 'routine is marked as IMMUTABLE, but expression is STABLE'],
  ['app_hidden.text_lexemes_unaccented', 'routine is marked as IMMUTABLE, but expression is STABLE'],
  ['app_private.read_question', 'routine is marked as IMMUTABLE, but expression is STABLE'],
  // Statements over transition tables that depend on tg_op: the check cannot follow them.
  ['app_private.count_message_feedback', 'cannot determinate a result of dynamic SQL'],
  ['app_private.count_message_feedback', 'record "changed" is not assigned yet'],
  ['app_private.count_message_feedback', 'never read variable "changed"'],
  // Statements made of the expressions of hold_scope, over the rows of whatever table.
  ['app_private.keep_held_rows', 'cannot determinate a result of dynamic SQL'],
  ['app_private.keep_held_rows', 'the expression is not SQL injection safe'],
  ['app_private.keep_held_values', 'cannot determinate a result of dynamic SQL'],
  ['app_private.require_unheld_partition', 'cannot determinate a result of dynamic SQL'],
  // Column names of the catalogue, written with quote_ident.
  ['app_private.create_range_partition', 'text type variable is not sanitized'],
  // What the server says of its cluster and timeline, which no statement sees change.
  ['app_private.database_facts', 'routine is marked as STABLE, but expression is VOLATILE'],
  // Sizes of tables, which no statement sees change.
  ['app_hidden.partition_states', 'routine is marked as STABLE, but expression is VOLATILE'],
  // Keys of a literal object.
  ['app_private.generate_sample_data', 'target type is different type than source type'],
  // Tables, columns and conditions of app_private.export_parts, which no caller gives.
  ['app_hidden.export_page', 'text type variable is not sanitized'],
  ['app_hidden.export_page', 'OUT variable "key" is maybe unmodified'],
  ['app_hidden.export_page', 'OUT variable "line" is maybe unmodified'],
  // Names of columns out of the catalogue, written with quote_ident.
  ['app_private.unpack_conversation', 'text type variable is not sanitized'],
  // The time of a link's end is asked of the clock, within one statement.
  ['app_public.read_shared_conversation', 'routine is marked as STABLE, but expression is VOLATILE'],
  // Empty arrays as defaults of variables.
  ['app_hidden.find_unembedded', 'target type is different type than source type'],
  // Parameters of the vector index, which the set clauses of the function put back.
  ['app_private.search_vector_index', 'routine is marked as STABLE, but expression is VOLATILE'],
];

/** Every function in PL/pgSQL with, for a trigger function, each table that it is a trigger of. */
const CHECK = `
select p.oid::regprocedure::text as function, c.level, c.lineno as line, c.message, c.detail
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
left join lateral (
  select distinct t.tgrelid, t.tgoldtable, t.tgnewtable
  from pg_trigger t
  join pg_class k on k.oid = t.tgrelid
  where t.tgfoid = p.oid and not k.relispartition
    -- a trigger of truncate has no transition tables, and the function a branch of its own for it
    and (t.tgtype & 32 = 0 or not exists (select from pg_trigger o where o.tgfoid = p.oid and o.tgtype & 32 = 0))
) as used on true
cross join lateral extensions.plpgsql_check_function_tb(
  p.oid, coalesce(used.tgrelid, 0), oldtable => used.tgoldtable, newtable => used.tgnewtable, fatal_errors => false,
  extra_warnings => true, security_warnings => true
) as c
where l.lanname = 'plpgsql' and n.nspname in ('app_public', 'app_hidden', 'app_private')
order by 1, 3`;

/** Every function in SQL whose body is a text: it is read again at each use, and by nothing before. */
const IN_SQL = `
select p.oid::regprocedure::text as function, pg_get_functiondef(p.oid) as definition
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
where l.lanname = 'sql' and p.prosqlbody is null and n.nspname in ('app_public', 'app_hidden', 'app_private')
order by 1`;

interface Finding {
  function: string;
  level: string;
  line: number | null;
  message: string;
  detail: string | null;
}

describeReal('functions in PL/pgSQL', () => {
  let database: Database;
  let isThere = false;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    const { rowCount } = await database
      .pool('admin')
      .query(`select from pg_available_extensions where name = 'plpgsql_check'`);
    isThere = rowCount === 1;
    if (isThere) await database.pool('admin').query('create extension plpgsql_check schema extensions');
  });
  afterAll(async () => {
    await database?.close();
  });

  it('name nothing that is not there', async (context) => {
    if (!isThere && !env.CI) context.skip('this server has no plpgsql_check');
    expect(isThere, 'CI must have plpgsql_check').toBe(true);
    const { rows } = await database.pool('admin').query<Finding>(CHECK);
    const isReviewed = (finding: Finding) =>
      REVIEWED.some(
        ([name, says]) => finding.function.startsWith(`${name}(`) && finding.message.startsWith(says),
      );
    expect(rows.filter((finding) => !isReviewed(finding))).toEqual([]);
    // what is excused is still found
    for (const [name, says] of REVIEWED)
      expect(
        rows.some((finding) => finding.function.startsWith(`${name}(`) && finding.message.startsWith(says)),
        name,
      ).toBe(true);
  });

  it('would be found out', async (context) => {
    if (!isThere) context.skip('this server has no plpgsql_check');
    const client = await database.pool('admin').connect();
    try {
      await client.query('begin');
      for (const [name, body, says] of [
        [
          'planted_column',
          'perform d.no_such_column from app_public.documents d;',
          'column d.no_such_column',
        ],
        ['planted_function', 'perform app_private.no_such_function();', 'no_such_function'],
        ['planted_injection', `execute 'select ' || given;`, 'not sanitized'],
      ] as const) {
        await client.query(
          `create function app_private.${name}(given text) returns void language plpgsql as $$ begin ${body} end $$`,
        );
        const { rows } = await client.query<Finding>(CHECK);
        const found = rows.filter((finding) => finding.function === `app_private.${name}(text)`);
        expect(found.map((finding) => finding.message).join(), name).toContain(says);
      }
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  it('in SQL name nothing that is not there', async () => {
    const client = await database.pool('owner').connect();
    const findings = async () => {
      const { rows } = await client.query<{ function: string; definition: string }>(IN_SQL);
      const wrong: string[] = [];
      for (const row of rows) {
        await client.query('savepoint one');
        // made again, its body is checked
        await client.query(row.definition).catch((error) => wrong.push(`${row.function}: ${error.message}`));
        await client.query('rollback to savepoint one');
      }
      return { checked: rows.length, wrong };
    };
    try {
      await client.query('begin; set local search_path = pg_catalog, extensions');
      expect((await findings()).wrong).toEqual([]);
      await client.query(
        `set local check_function_bodies = off;
         create function app_private.planted() returns uuid language sql as 'select d.no_such_column from app_public.documents d';
         set local check_function_bodies = on`,
      );
      const { checked, wrong } = await findings();
      expect(checked).toBeGreaterThan(80);
      expect(wrong).toEqual([expect.stringContaining('d.no_such_column')]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
