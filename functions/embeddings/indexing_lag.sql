-- What an operator sees of the embedding of every workspace and version that is behind, the one that waits longest first.
-- From maintained counts: only workspaces that are behind are looked into. It shows no content. Not for users.
create or replace function app_public.indexing_lag(max_rows integer default 100)
returns table (
  workspace_id uuid, embedding_version_id uuid, version_name text, chunks bigint, embedded_chunks bigint, pending_chunks bigint,
  retrying_chunks bigint, dead_chunks bigint, paused text, oldest_pending_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if max_rows not between 1 and 10000 then
    raise exception 'maxRows is 1 to 10,000, not %.', max_rows using errcode = 'CQ200', hint = 'Ask for fewer rows.';
  end if;
  return query
  select behind.workspace_id, behind.version_id, behind.name, behind.chunks, behind.embedded,
    greatest(behind.chunks - behind.embedded - behind.retrying - behind.dead, 0), behind.retrying, behind.dead,
    (select min(r.code || ' ' || r.reason) from app_hidden.embedding_refusals r where r.version_id = behind.version_id and r.workspace_id = behind.workspace_id),
    oldest.created_at
  from (
    select k.workspace_id, v.id as version_id, v.name, sum(k.chunk_count)::bigint as chunks, coalesce(e.embedding_count, 0) as embedded,
      f.retrying, f.dead
    from app_public.embedding_versions v
    cross join app_hidden.chunk_counts k
    left join app_hidden.embedding_counts e on e.version_id = v.id and e.workspace_id = k.workspace_id
    cross join lateral (
      select count(*) filter (where not x.is_dead) as retrying, count(*) filter (where x.is_dead) as dead
      from app_hidden.embedding_failures x
      where x.version_id = v.id and x.workspace_id = k.workspace_id
    ) as f
    where v.status in ('building', 'active')
    group by k.workspace_id, v.id, v.name, e.embedding_count, f.retrying, f.dead
    having sum(k.chunk_count) > coalesce(e.embedding_count, 0)
  ) as behind
  left join lateral (
    select c.created_at
    from app_public.chunks c
    where c.workspace_id = behind.workspace_id
      and not exists (
        select from app_public.embeddings e where e.version_id = behind.version_id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
      )
      and not exists (
        select from app_hidden.embedding_failures x
        where x.version_id = behind.version_id and x.workspace_id = c.workspace_id and x.chunk_id = c.id and x.is_dead
      )
    order by c.id
    limit 1
  ) as oldest on behind.chunks > behind.embedded + behind.dead
  order by oldest.created_at nulls last, behind.workspace_id
  limit coalesce(max_rows, 100);
end
$$;
comment on function app_public.indexing_lag(integer) is
  'Workspaces whose chunks are not all embedded, per version that is active or building: how many are pending, tried again or given up, whether a budget holds them back, and since when the oldest waits. Error: CQ200 too many asked for.';
grant execute on function app_public.indexing_lag(integer) to colloquy_admin, colloquy_worker, colloquy_monitor;
