-- Hands everything of Colloquy to colloquy_owner: after a restore with --no-owner, or migrations that ran as somebody else. Run as
-- an administrator by npm run migrate -- --repair, which then applies functions/ with their grants; may be run again.
do $owners$
declare
  found record;
begin
  for found in
    select 'schema' as kind, format('%I', n.nspname) as subject, n.nspname as schema, n.nspowner as owner
    from pg_catalog.pg_namespace n
    union all
    select 'table', format('%I.%I', n.nspname, c.relname), n.nspname, c.relowner
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
      or (c.relkind = 'S' and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refobjsubid > 0 and d.deptype in ('a', 'i')
      ))
    union all
    select 'routine', p.oid::pg_catalog.regprocedure::text, n.nspname, p.proowner
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where p.prokind <> 'a'
    union all
    select case t.typtype when 'd' then 'domain' else 'type' end, format('%I.%I', n.nspname, t.typname), n.nspname, t.typowner
    from pg_catalog.pg_type t
    join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    left join pg_catalog.pg_class c on c.oid = t.typrelid
    where t.typtype in ('d', 'e', 'r') or c.relkind = 'c'
  loop
    continue when found.owner = 'colloquy_owner'::regrole
      or found.schema not in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss', 'graphile_migrate');
    execute format('alter %s %s owner to colloquy_owner', found.kind, found.subject);
    if found.kind = 'routine' then
      -- made by another, it lacks what sql/database.sql sets for the functions of colloquy_owner
      execute format('revoke execute on routine %s from public', found.subject);
    end if;
  end loop;
end
$owners$;
