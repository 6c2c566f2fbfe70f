-- Lets the vectors and the index of a version go; its row stays, since messages and citations name it. Never the active
-- one.
--
-- Its partitions are dropped as they are, which detaches them: "detach partition" first would give them foreign keys of their own,
-- and dropping those locks chunks. The drop locks the parent against everybody, first and before anything else, so that
-- it stands in no circle; it waits less than deadlock_timeout for it, and everybody else no longer than that.
create or replace function app_private.archive_version(for_version uuid)
returns app_public.embedding_versions
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  version app_public.embedding_versions;
begin
  perform app_private.lock_embedding_versions();
  select v.* into version from app_public.embedding_versions v where v.id = for_version for no key update;
  if version.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if version.status = 'archived' then
    return version;
  end if;
  if version.status = 'active' then
    raise exception 'The embedding version "%" is active.', version.name using errcode = 'CQ305', hint = 'Activate another one first.';
  end if;
  perform set_config('lock_timeout', least(greatest(app_hidden.setting('embedding_lock_timeout_ms')::integer, 10), 900) || 'ms', true);
  lock table only app_public.embeddings in access exclusive mode;
  execute format('drop table app_partitions.embeddings_%s', version.number);
  delete from app_hidden.embedding_counts e where e.version_id = version.id;
  update app_public.embedding_versions v
  set status = 'archived', retired_at = coalesce(v.retired_at, clock_timestamp())
  where v.id = version.id
  returning v.* into version;
  perform app_private.log_event(
    'embedding_version.archived', app_hidden.current_user_id(), null, 'embedding_version', version.id, null,
    jsonb_build_object('name', version.name)
  );
  return version;
end
$$;
comment on function app_private.archive_version(uuid) is 'Drops the partitions of a version that is not active.';
