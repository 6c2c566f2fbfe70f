-- What an administrator calls to let the vectors of a version go.
create or replace function app_public.archive_embedding_version(version_id uuid)
returns app_public.embedding_versions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
begin
  perform app_private.require_administrator(for_writing => true);
  return app_private.archive_version(version_id);
end
$$;
comment on function app_public.archive_embedding_version(uuid) is
  'Drops the vectors and the index of a version that is not active. Administrators of the installation only. Errors: CQ101, CQ121, CQ204 no such version, CQ305 it is active, CQ409 busy: try again.';
grant execute on function app_public.archive_embedding_version(uuid) to colloquy_admin;
