-- A sequence that is behind its column gives numbers that are taken, and an identifier of the future sorts after all that are to come.
create function pg_temp.sequences_behind()
returns table (subject text, detail text, remedy text)
language plpgsql
as $$
declare
  each record;
  highest bigint;
  next bigint;
begin
  for each in
    select c.oid::regclass as relation, a.attname as column_name, pg_catalog.pg_get_serial_sequence(c.oid::regclass::text, a.attname) as sequence
    from pg_catalog.pg_class c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('app_public', 'app_hidden', 'app_private')
      and pg_catalog.pg_get_serial_sequence(c.oid::regclass::text, a.attname) is not null
  loop
    execute format('select max(%I) from %s', each.column_name, each.relation) into highest;
    execute format('select case when s.is_called then s.last_value + 1 else s.last_value end from %s s', each.sequence) into next;
    if highest >= next then
      subject := each.sequence;
      detail := format('It gives %s next, and %s has %s.', next, each.relation, highest);
      remedy := format('select setval(%L, %s);', each.sequence, highest);
      return next;
    end if;
  end loop;
end
$$;

select 'sequences' as name, 'error' as severity, found.subject, found.detail, found.remedy, 'docs/operations/restore.md#sequences' as runbook
from (
  select s.subject, s.detail, s.remedy from pg_temp.sequences_behind() as s
  union all
  select
    format('conversation %s', c.id), format('Its identifier is of %s.', uuid_extract_timestamp(c.id)), 'Correct the clock of the server.'
  from app_public.conversations c
  where c.id > app_hidden.uuidv7_floor(now() + interval '1 day')
) as found
order by found.subject
limit 100;
