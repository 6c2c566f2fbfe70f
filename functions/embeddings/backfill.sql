-- What the worker calls to fill versions other than the active one. As everywhere in the pipeline, work is what is
-- missing. A chunk that has no vector of the active version yet is new work, not back-fill: the job that gives it one gives
-- it those of the other versions first, so that the two never compute the same.

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

create or replace function app_hidden.chunks_to_backfill(for_version uuid, for_workspace uuid, after_chunk uuid, max_chunks integer)
returns table (chunk_id uuid, content_hash bytea, embed_text text, token_count integer)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
begin
  if not exists (select from app_hidden.maintained_versions() v where v.id = for_version and v.status <> 'active') then
    return;
  end if;
  return query
  select c.id, c.content_hash, concat_ws(E'\n', c.lead_in, c.heading, c.content), c.token_count
  from app_public.chunks c
  where c.workspace_id = for_workspace
    and (after_chunk is null or c.id > after_chunk)
    and not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id
    )
    and (active is null or exists (
      select from app_public.embeddings e where e.version_id = active and e.workspace_id = for_workspace and e.chunk_id = c.id
    ))
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
  order by c.id
  limit max_chunks;
end
$$;
comment on function app_hidden.chunks_to_backfill(uuid, uuid, uuid, integer) is
  'The next chunks of a workspace that a version lacks while the active one has them and that need not wait, in the order of their ids. None when the version is no longer maintained.';

create or replace function app_hidden.chunks_without_embedding(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select wanted.id
  from unnest(chunk_ids) as wanted (id)
  join app_public.chunks c on c.workspace_id = for_workspace and c.id = wanted.id
  where not exists (
    select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = wanted.id
  )
  and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id);
$$;
comment on function app_hidden.chunks_without_embedding(uuid, uuid, uuid[]) is 'Those of some chunks that have no vector in a version and need not wait.';

-- While the index of a partition is built nobody can write to it. New work must not wait for that.
create or replace function app_hidden.store_behind(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
begin
  return app_hidden.store_embeddings(for_version, for_workspace, chunk_ids, vectors);
end
$$;
comment on function app_hidden.store_behind(uuid, uuid, uuid[], text[]) is
  'store_embeddings for a version that is not the active one: gives up (55P03) rather than wait for its index to be built.';

create or replace function app_hidden.reuse_behind(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
begin
  return (select count(*) from app_hidden.reuse_embeddings(for_version, for_workspace, chunk_ids));
end
$$;
comment on function app_hidden.reuse_behind(uuid, uuid, uuid[]) is 'reuse_embeddings for a version that is not the active one: gives up (55P03) rather than wait.';

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

create or replace function app_hidden.new_work_waits()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- new ones only: what is tried again has had its turn
  return to_regclass('pgboss.job') is not null
    and exists (select from pgboss.job j where j.name = 'index-source' and j.state = 'created' and j.start_after <= now());
end
$$;
comment on function app_hidden.new_work_waits() is 'Whether new texts wait to be indexed: back-fill lets them go first.';

grant execute on function
  app_hidden.find_unembedded(integer),
  app_hidden.chunks_to_backfill(uuid, uuid, uuid, integer),
  app_hidden.chunks_without_embedding(uuid, uuid, uuid[]),
  app_hidden.store_behind(uuid, uuid, uuid[], text[]),
  app_hidden.reuse_behind(uuid, uuid, uuid[]),
  app_hidden.count_backfill(uuid, integer, integer),
  app_hidden.new_work_waits()
to colloquy_worker;
