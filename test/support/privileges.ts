import type { Pool } from 'pg';

/**
 * Who may do what, as text to compare with a file: one line per object and role, from the catalogue, so that a new
 * object is in it by itself. What a role has through public counts too.
 */

const SCHEMAS = `('app_public', 'app_hidden', 'app_private', 'app_partitions', 'extensions', 'graphile_migrate', 'pgboss', 'public')`;
const OURS = `('app_public', 'app_hidden', 'app_private', 'app_partitions', 'graphile_migrate', 'pgboss')`;

const TABLES = `
with roles as (
  select r.oid, r.rolname from pg_roles r
  where r.rolname in ('colloquy_visitor', 'colloquy_user', 'colloquy_admin', 'colloquy_worker', 'colloquy_authenticator', 'colloquy_monitor')
),
schemas as (
  select format('schema %s', n.nspname) as object, r.rolname,
    concat_ws(', ',
      case when has_schema_privilege(r.oid, n.oid, 'usage') then 'usage' end,
      case when has_schema_privilege(r.oid, n.oid, 'create') then 'create' end) as privileges
  from pg_namespace n cross join roles r where n.nspname in ${SCHEMAS}
),
relations as (
  -- the partitions of a month and of a version are named after what they were made for
  select format('%s.%s', n.nspname, regexp_replace(c.relname, '_(\\d{4}_\\d\\d|\\d\\d|\\d+)$', '_*')) as object, r.rolname, n.oid as schema_oid,
    concat_ws('; ',
      (select string_agg(p, ', ' order by o) from unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain'])
        with ordinality as x (p, o) where c.relkind <> 'S' and has_table_privilege(r.oid, c.oid, p)),
      (select string_agg(format('%s (%s)', p, columns), '; ' order by o)
       from unnest(array['select', 'insert', 'update', 'references']) with ordinality as x (p, o)
       cross join lateral (
         select string_agg(a.attname, ', ' order by a.attname collate "C") as columns from pg_attribute a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and has_column_privilege(r.oid, c.oid, a.attnum, p)
       ) as granted
       where c.relkind <> 'S' and columns is not null and not has_table_privilege(r.oid, c.oid, p)),
      (select string_agg(p, ', ' order by o) from unnest(array['usage', 'select', 'update']) with ordinality as x (p, o)
        where case when c.relkind = 'S' then has_sequence_privilege(r.oid, c.oid, p) end)
    ) as privileges
  from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join roles r
  where n.nspname in ${OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
),
lines as (
  select object, rolname, privileges, true as reachable from schemas
  union
  select object, rolname, privileges, has_schema_privilege(rolname, schema_oid, 'usage') from relations
)
select object, string_agg(
  format('  %s: %s%s', rolname, privileges, case when reachable then '' else ' (no usage of the schema)' end), E'\\n' order by rolname collate "C"
) filter (where privileges <> '') as granted
from lines
group by object
order by (object not like 'schema %'), object collate "C"`;

const FUNCTIONS = `
select * from (select format('%s.%s(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as object,
  concat_ws(', ', case when p.prosecdef then 'sealed' end,
    case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end) as kind,
  (select string_agg(r.rolname || case when has_schema_privilege(r.oid, n.oid, 'usage') then '' else ' (no usage of the schema)' end,
     ', ' order by r.rolname collate "C")
   from pg_roles r
   where r.rolname in ('colloquy_visitor', 'colloquy_user', 'colloquy_admin', 'colloquy_worker', 'colloquy_authenticator', 'colloquy_monitor')
     and has_function_privilege(r.oid, p.oid, 'execute')) as roles
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname in ${OURS} and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
) as listed
order by object collate "C"`;

/** Schemas, tables, views, sequences and columns. */
export async function describePrivileges(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ object: string; granted: string | null }>(TABLES);
  return `${rows.map((row) => `${row.object}\n${row.granted ?? '  nobody'}`).join('\n')}\n`;
}

/** Every function: whether it is sealed (security definer), and who may call it. */
export async function describeFunctions(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ object: string; kind: string; roles: string | null }>(FUNCTIONS);
  return `${rows.map((row) => `${row.object}\n  ${row.kind}: ${row.roles ?? 'nobody'}`).join('\n')}\n`;
}
