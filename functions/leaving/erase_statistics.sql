-- The planner keeps the most common values of every column, addresses and texts among them. They are thrown away and gathered anew, one
-- table at a time: analyze alone leaves those of a table that has become empty.
create or replace function app_private.erase_statistics(erasure app_hidden.pending_erasures)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  source record;
begin
  select c.oid, c.relname, n.nspname, c.relkind = 'p' as is_whole into source
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'm') and (n.nspname like 'app\_%' or n.nspname = 'pgboss') and pg_has_role(c.relowner, 'usage')
    and c.oid <> 'app_hidden.pending_erasures'::regclass and c.oid > coalesce((erasure.progress ->> 'after')::oid, 0)
  order by c.oid
  limit 1;
  if source.oid is null then
    return null;
  end if;
  perform pg_clear_attribute_stats(x.nspname, x.relname, x.attname, x.inherited)
  from (
    select n.nspname, c.relname, a.attname, i.inherited
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    cross join (values (false), (true)) as i (inherited)
    where c.oid = source.oid or c.oid in (
      -- of an expression
      select k.indexrelid from pg_index k where k.indrelid = source.oid and k.indexprs is not null
    ) and not i.inherited
  ) as x;
  execute format('analyze %s %I.%I', case when source.is_whole then 'only' end, source.nspname, source.relname);
  update app_hidden.pending_erasures p set progress = jsonb_build_object('after', source.oid::bigint) where p.id = erasure.id;
  return jsonb '{}';
end
$$;
comment on function app_private.erase_statistics(app_hidden.pending_erasures) is 'Gathers the statistics of the next table anew.';
