-- What the worker calls to learn where versions other than the active one lack vectors. As everywhere in the pipeline, work is
-- what is missing.
create or replace function app_hidden.find_unembedded(max_workspaces integer default 100)
returns table (version_id uuid, workspace_id uuid)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  busy text[] := '{}';
begin
  -- who works on it, or waits to, must not get company: both would pay for the same vectors. A worker that was killed is
  -- waited for as long as a job may take.
  if to_regclass('pgboss.job') is not null then
    busy := array(
      select j.singleton_key
      from pgboss.job j
      where j.name = 'backfill-embeddings' and j.singleton_key is not null
        and (j.state in ('created', 'retry')
          or j.state = 'active' and j.started_on > now() - make_interval(secs => app_hidden.setting('embedding_backfill_seconds')::integer))
    );
  end if;
  -- by counts alone: a workspace that has nothing to fill after all costs one look
  return query
  select v.id, k.workspace_id
  from app_hidden.maintained_versions() v
  cross join (
    select k.workspace_id, sum(k.chunk_count) as chunk_count from app_hidden.chunk_counts k group by k.workspace_id
  ) as k
  left join app_hidden.embedding_counts e on e.version_id = v.id and e.workspace_id = k.workspace_id
  where v.status <> 'active'
    and k.chunk_count > coalesce(e.embedding_count, 0) + (
      select count(*) from app_hidden.embedding_failures f
      where f.version_id = v.id and f.workspace_id = k.workspace_id and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    -- what a budget holds back, or the pause of the provider, is looked at again when that is over
    and not exists (
      select from app_hidden.embedding_refusals r
      where r.version_id = v.id and r.workspace_id = k.workspace_id and r.retry_at > statement_timestamp()
    )
    and not exists (
      select from app_hidden.provider_pauses p where p.provider = v.provider and p.paused_until > statement_timestamp()
    )
    and format('%s:%s', v.id, k.workspace_id) <> all (busy)
  -- a version that was active is one to go back to: it comes first
  order by v.status desc, v.id, k.chunk_count - coalesce(e.embedding_count, 0), k.workspace_id
  limit max_workspaces;
end
$$;
comment on function app_hidden.find_unembedded(integer) is 'Workspaces in which a maintained version other than the active one lacks vectors, and nobody is at it.';
grant execute on function app_hidden.find_unembedded(integer) to colloquy_worker;
