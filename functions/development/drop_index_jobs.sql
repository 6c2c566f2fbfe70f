-- Sample data in bulk leaves no work to the worker: what the triggers enqueued goes again in the same transaction, so no worker ever sees
-- it. Deliberately granted to nobody: the owner loads.
create or replace function app_private.drop_index_jobs(source_type text, source_ids uuid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('pgboss.job') is null then
    return;
  end if;
  delete from pgboss.job j
  where j.name = 'index-source' and j.state = 'created' and j.singleton_key = any (
    select drop_index_jobs.source_type || ':' || s.id from unnest(source_ids) as s (id)
  );
end
$$;
comment on function app_private.drop_index_jobs(text, uuid[]) is 'Drops the waiting jobs that would index these sources.';
