-- Autovacuum analyses partitions and never their parents, of which the planner asks for joins and groups over all partitions: those
-- come first, the ones without statistics before the others. Ordinary tables only where autovacuum has never been.
create or replace function app_hidden.tables_to_analyze()
returns table (table_name text, is_parent boolean, analyzed_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format('%I.%I', n.nspname, c.relname), c.relkind = 'p', greatest(s.last_analyze, s.last_autoanalyze)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_stat_all_tables s on s.relid = c.oid
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
    and (
      c.relkind = 'p'
      and coalesce(s.last_analyze < now() - make_interval(days => app_hidden.setting('analyze_days')::integer), true)
      or c.relkind in ('r', 'm') and s.last_analyze is null and s.last_autoanalyze is null and s.n_mod_since_analyze > 0
    )
  order by c.relkind = 'p' desc, s.last_analyze nulls first, 1;
$$;
comment on function app_hidden.tables_to_analyze() is
  'Tables whose statistics are to be made anew: partitioned parents after analyze_days, and what was never analysed.';
grant execute on function app_hidden.tables_to_analyze() to colloquy_worker, colloquy_monitor;
