-- What the worker calls, so that only so many retired versions keep their vectors.
create or replace function app_hidden.archive_surplus_versions()
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
declare
  surplus uuid;
begin
  delete from app_hidden.embedding_rates r where r.minute < now() - interval '30 days';
  select v.id into surplus
  from (
    select v.id, v.status, row_number() over (order by v.status = 'active' desc, v.retired_at desc, v.id desc) as place
    from app_public.embedding_versions v
    where v.status in ('active', 'retired')
  ) as v
  where v.status = 'retired' and v.place > greatest(app_hidden.setting('embedding_versions_kept')::integer, 1)
  order by v.place desc
  limit 1;
  if surplus is not null then
    perform app_private.archive_version(surplus);
  end if;
  return surplus;
end
$$;
comment on function app_hidden.archive_surplus_versions() is
  'Archives the oldest of the versions beyond those that are kept, and returns it; null when there is none. One a call, so that its locks end soon.';
grant execute on function app_hidden.archive_surplus_versions() to colloquy_worker;
