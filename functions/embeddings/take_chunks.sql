-- A worker that takes passages has them for some seconds and says that it lives; when it is killed they are free again, and its
-- end is counted, so that a passage that ends its worker is taken ever later, and given up. The list only says what to look at
-- next (chunks_20_want_vectors): here it is looked whether the vector is missing. Only the worker may call it.
create or replace function app_hidden.take_chunks(for_version uuid, for_workspace uuid, max_chunks integer)
returns table (chunk_id uuid, content_hash bytea, embed_text text, seconds double precision)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
-- by its index the list comes in order: the batch is read and not the list, however long it is
set enable_sort = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  lease double precision := least(15, app_hidden.setting('embedding_claim_seconds')::double precision);
  claimed uuid[];
  refused uuid[];
  -- words come first; what somebody wrote here or asked for does not wait for those of an import
  only_urgent boolean := app_private.words_wait(for_version, for_workspace);
begin
  -- a provider that is left alone; in a copy that was not adopted, any that is elsewhere
  if exists (
    select from app_public.embedding_versions v
    left join app_hidden.provider_pauses p on p.provider = v.provider and p.paused_until > clock_timestamp()
    where v.id = for_version and (p.provider is not null or v.provider not in ('local', 'transformers') and app_private.copy_reason() is not null)
  ) then
    return;
  end if;
  perform app_private.release_dead_chunks(for_version, for_workspace);
  claimed := array(
    select unnest(k.chunk_ids) from app_hidden.embedding_claims k
    where k.workspace_id = for_workspace and k.version_id = for_version and k.abandoned_at is null and k.expires_at > clock_timestamp()
  );
  refused := array(
    select r.user_id from app_hidden.embedding_refusals r
    where r.version_id = for_version and r.workspace_id = for_workspace and r.retry_at > clock_timestamp()
  );
  return query
  with next as materialized (
    select b.chunk_id, b.asked, b.priority, c.content_hash, c.lead_in, c.heading, c.content
    from app_hidden.embedding_backlog b
    cross join lateral (
      select k.* from app_public.chunks k where k.workspace_id = for_workspace and k.id = b.chunk_id offset 0
    ) as c
    where b.workspace_id = for_workspace and b.taken_until is null and (not only_urgent or b.asked > 0 or b.priority > 0)
      and b.chunk_id <> all (claimed) and c.owner_id <> all (refused)
      and not exists (
        select from app_hidden.embedding_failures f
        where f.version_id = for_version and f.workspace_id = for_workspace and f.chunk_id = b.chunk_id
          and (f.is_dead or f.next_attempt_at > clock_timestamp())
        offset 0
      )
      and not exists (
        select from app_public.embeddings e
        where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = b.chunk_id
        offset 0
      )
    order by b.asked desc, b.priority desc, b.chunk_id desc
    limit max_chunks
    for no key update of b skip locked
  ),
  taken as (
    update app_hidden.embedding_backlog b
    set taken_until = clock_timestamp() + make_interval(secs => lease)
    from next n
    where b.workspace_id = for_workspace and b.chunk_id = n.chunk_id
    returning b.chunk_id
  )
  select n.chunk_id, n.content_hash, app_hidden.embed_text(n.lead_in, n.heading, n.content), lease
  from next n
  join taken t on t.chunk_id = n.chunk_id
  order by n.asked desc, n.priority desc, n.chunk_id desc;
end
$$;
comment on function app_hidden.take_chunks(uuid, uuid, integer) is
  'The next chunks of a workspace that lack a vector of the active version and need not wait; in quarantine none that a service would embed. They are the caller''s for so many seconds; keep_chunks() says that it lives.';
grant execute on function app_hidden.take_chunks(uuid, uuid, integer) to colloquy_worker;
