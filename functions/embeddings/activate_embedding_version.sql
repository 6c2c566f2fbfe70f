-- Makes a version the one that searches use, in one short transaction, or refuses. What must never happen: a chunk that
-- was found by its meaning before the switch and is not found after it (embeddings_missing). Going back is the same call.
--
-- Searches go on: one that has begun reads the version that it began with, which stays complete and maintained.
create or replace function app_public.activate_embedding_version(version_id uuid, accept boolean default false)
returns app_public.embedding_versions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
#variable_conflict use_variable
declare
  version app_public.embedding_versions;
  previous app_public.embedding_versions;
  missing bigint;
  evaluation app_public.embedding_evaluation;
begin
  perform app_private.require_administrator(for_writing => true);
  perform app_private.lock_embedding_versions();
  select v.* into version from app_public.embedding_versions v where v.id = version_id for no key update;
  if version.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if version.status = 'active' then
    return version;
  end if;
  if version.status = 'archived' then
    raise exception 'The embedding version "%" is archived: its vectors are gone.', version.name
      using errcode = 'CQ304', hint = 'Create a new one with the same model.';
  end if;
  if not app_private.embedding_index_is_valid(version.id) then
    raise exception 'The embedding version "%" has no index yet.', version.name
      using errcode = 'CQ303', hint = 'The worker builds it after the back-fill; embeddingVersionProgress shows how far it is.';
  end if;

  select v.* into previous from app_public.embedding_versions v where v.status = 'active' for no key update;
  if previous.id is not null then
    -- twice: the long look holds nobody up, the one that counts then has little to do
    missing := app_private.embeddings_missing(version.id, previous.id);
    if missing = 0 then
      execute format('lock table app_partitions.embeddings_%s in share mode', previous.number);
      missing := app_private.embeddings_missing(version.id, previous.id);
    end if;
  else
    missing := app_private.vectors_missing(version.id);
  end if;
  if missing = 0 and previous.id is not null and version.activated_at is null and exists (select from app_hidden.chunk_counts k where k.chunk_count > 0) then
    evaluation := app_private.require_good_version(version, previous, coalesce(accept, false));
  end if;
  if missing > 0 then
    raise exception 'The embedding version "%" lacks % vectors that the active one has.', version.name, case when missing < 1000 then missing::text else '1,000 or more' end
      using errcode = 'CQ302', hint = 'Wait for the back-fill; embeddingVersionProgress shows how far it is.';
  end if;

  update app_public.embedding_versions v set status = 'retired', retired_at = clock_timestamp() where v.id = previous.id;
  update app_public.embedding_versions v
  set status = 'active', activated_at = clock_timestamp(), retired_at = null
  where v.id = version.id
  returning v.* into version;
  perform app_private.log_event(
    'embedding_version.activated', app_hidden.current_user_id(), null, 'embedding_version', version.id,
    jsonb_build_object('active', previous.id, 'name', previous.name), jsonb_strip_nulls(jsonb_build_object('active', version.id, 'name', version.name, 'verdict', evaluation.verdict, 'accepted', nullif(accept, false)))
  );
  return version;
end
$$;
comment on function app_public.activate_embedding_version(uuid, boolean) is
  'Makes a version the one that searches use; the former one is retired and can be activated again without being judged. Administrators of the installation only. Errors: CQ101, CQ121, CQ204 no such version, CQ302 vectors are missing, CQ303 its index is missing, CQ304 archived, CQ308 it does worse on the same questions and CQ309 that was not judged, both unless accepted, CQ409 busy.';
grant execute on function app_public.activate_embedding_version(uuid, boolean) to colloquy_admin;
