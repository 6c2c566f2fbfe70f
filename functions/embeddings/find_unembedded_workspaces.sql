-- The sweep: the list of what wants a vector only says what to look at next (chunks_20_want_vectors); this puts in what is
-- missing. Only the worker may call it.
create or replace function app_hidden.find_unembedded_workspaces(max_workspaces integer default 1000)
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  version uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
  behind record;
begin
  delete from app_hidden.indexing_rates r where r.minute < now() - interval '1 hour';
  if version is null or exists (
    select from app_public.embedding_versions v
    join app_hidden.provider_pauses p on p.provider = v.provider
    where v.id = version and p.paused_until > statement_timestamp()
  ) then
    return;
  end if;
  -- by counts alone: where they agree nothing is read
  for behind in
    select k.workspace_id, k.missing - coalesce(f.resting, 0) as due,
      k.missing - (select count(*) from app_hidden.embedding_backlog b where b.workspace_id = k.workspace_id) as unlisted
    from (
      select c.workspace_id, sum(c.chunk_count) - coalesce(
        (select e.embedding_count from app_hidden.embedding_counts e where e.version_id = version and e.workspace_id = c.workspace_id), 0
      ) as missing
      from app_hidden.chunk_counts c
      group by c.workspace_id
    ) as k
    left join lateral (
      select count(*) as resting
      from app_hidden.embedding_failures f
      where f.version_id = version and f.workspace_id = k.workspace_id and (f.is_dead or f.next_attempt_at > statement_timestamp())
    ) as f on true
    where k.missing <> coalesce(f.resting, 0)
    limit max_workspaces
  loop
    if behind.unlisted <> 0 then
      -- another version has become active, or vectors are gone
      delete from app_hidden.embedding_backlog b
      where b.workspace_id = behind.workspace_id and (
        not exists (select from app_public.chunks c where c.workspace_id = b.workspace_id and c.id = b.chunk_id)
        or exists (
          select from app_public.embeddings e where e.version_id = version and e.workspace_id = b.workspace_id and e.chunk_id = b.chunk_id
        )
      );
      insert into app_hidden.embedding_backlog (workspace_id, chunk_id, asked)
      select c.workspace_id, c.id, c.access_count
      from app_public.chunks c
      where c.workspace_id = behind.workspace_id and not exists (
        select from app_public.embeddings e where e.version_id = version and e.workspace_id = c.workspace_id and e.chunk_id = c.id
      )
      on conflict do nothing;
    end if;
    -- what a budget or the pause of the provider holds back is looked at when that is over
    continue when not exists (
      select
      from app_hidden.embedding_backlog b
      join app_public.chunks c on c.workspace_id = b.workspace_id and c.id = b.chunk_id
      where b.workspace_id = behind.workspace_id and not app_private.embedding_waits(version, b.workspace_id, b.chunk_id, c.owner_id)
    );
    return next behind.workspace_id;
  end loop;
end
$$;
comment on function app_hidden.find_unembedded_workspaces(integer) is
  'Workspaces in which chunks lack their vector of the active version and need not wait; corrects their lists where the counts differ.';
grant execute on function app_hidden.find_unembedded_workspaces(integer) to colloquy_worker;
