-- Only a version that still has its vectors can be measured.
create or replace function app_private.measured_version(for_version uuid)
returns app_public.embedding_versions
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  version app_public.embedding_versions;
begin
  select v.* into version from app_public.embedding_versions v where v.id = for_version and v.status <> 'archived';
  if version.id is null then
    raise exception 'There is no such embedding version, or it is archived.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  return version;
end
$$;
comment on function app_private.measured_version(uuid) is 'An embedding version that is not archived. Error: CQ204 no such version.';
