-- What the worker calls after a batch of back-fill, so that its speed and cost can be told.
create or replace function app_hidden.count_backfill(for_version uuid, chunks integer, tokens integer)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into app_hidden.embedding_rates as r (version_id, minute, chunks, tokens)
  select v.id, date_trunc('minute', clock_timestamp()), count_backfill.chunks, count_backfill.tokens
  from app_public.embedding_versions v where v.id = for_version
  on conflict (version_id, minute) do update set chunks = r.chunks + excluded.chunks, tokens = r.tokens + excluded.tokens;
$$;
comment on function app_hidden.count_backfill(uuid, integer, integer) is 'Notes what a batch of back-fill achieved.';
grant execute on function app_hidden.count_backfill(uuid, integer, integer) to colloquy_worker;
