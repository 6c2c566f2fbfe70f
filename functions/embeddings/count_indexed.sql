-- What the worker calls after each batch: what is left to index is divided by how fast it went (indexing_progress).
create or replace function app_hidden.count_indexed(for_workspace uuid, seconds double precision, sources integer default 0, vectors integer default 0)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into app_hidden.indexing_rates as r (workspace_id, minute, began_at, sources, vectors)
  select w.id, date_trunc('minute', clock_timestamp()), clock_timestamp() - make_interval(secs => least(count_indexed.seconds, 600)),
    count_indexed.sources, count_indexed.vectors
  from app_public.workspaces w
  where w.id = for_workspace
  on conflict on constraint indexing_rates_pkey do update
  set began_at = least(r.began_at, excluded.began_at), sources = r.sources + excluded.sources, vectors = r.vectors + excluded.vectors;
$$;
comment on function app_hidden.count_indexed(uuid, double precision, integer, integer) is
  'Notes that so many sources were cut, or chunks embedded, in so many seconds.';
grant execute on function app_hidden.count_indexed(uuid, double precision, integer, integer) to colloquy_worker;
