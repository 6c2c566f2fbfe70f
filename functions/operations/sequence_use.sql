-- How far sequences have come: a role that may not use one does not see it. Ours and those of pg-boss.
create or replace function app_hidden.sequence_use()
returns table (sequence_name text, column_name text, last_value bigint, max_value bigint)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    format('%I.%I', n.nspname, c.relname), t.attrelid::regclass || '.' || quote_ident(t.attname), pg_sequence_last_value(c.oid),
    -- the column may end before its sequence does
    least(s.seqmax, case t.atttypid when 'smallint'::regtype then 32767 when 'integer'::regtype then 2147483647 end)
  from pg_sequence s
  join pg_class c on c.oid = s.seqrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refobjsubid > 0 and d.deptype in ('a', 'i')
  left join pg_attribute t on t.attrelid = d.refobjid and t.attnum = d.refobjsubid
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'pgboss') and not s.seqcycle;
$$;
comment on function app_hidden.sequence_use() is 'Sequences that do not start anew: the column that each is of, how far it is, and where it ends.';
grant execute on function app_hidden.sequence_use() to colloquy_monitor;
