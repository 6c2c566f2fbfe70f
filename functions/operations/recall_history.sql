-- The last measurement of recall of each day, for the report. It names no tenant.
create or replace function app_hidden.recall_history(days integer default 90)
returns table (day date, version_name text, size_class app_public.search_size_class, recall real, objective real)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select distinct on (v.name, m.size_class, (uuid_extract_timestamp(m.id) at time zone 'UTC')::date)
    (uuid_extract_timestamp(m.id) at time zone 'UTC')::date, v.name, m.size_class, m.recall, m.objective
  from app_hidden.recall_measurements m
  join app_public.embedding_versions v on v.id = m.version_id and v.status in ('active', 'building')
  where m.id >= app_hidden.uuidv7_floor(now() - make_interval(days => days))
  order by v.name, m.size_class, (uuid_extract_timestamp(m.id) at time zone 'UTC')::date, m.id desc;
$$;
comment on function app_hidden.recall_history(integer) is
  'Recall of the last days, by embedding version, active or building, and size of workspaces: the last measurement of each day.';
grant execute on function app_hidden.recall_history(integer) to colloquy_monitor;
