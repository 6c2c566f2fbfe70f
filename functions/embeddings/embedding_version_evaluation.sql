-- What an evaluation says of a version, for administrators. How it is judged: evaluation_verdict.
create or replace function app_public.embedding_version_evaluation(version_id uuid)
returns app_public.embedding_evaluation
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
  perform app_private.require_administrator();
  if not exists (select from app_public.embedding_versions v where v.id = version_id) then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  return app_private.evaluation_against(version_id, (select v.id from app_public.embedding_versions v where v.status = 'active'));
end
$$;
comment on function app_public.embedding_version_evaluation(uuid) is
  'How a version did on the same questions as the active one, when it was last evaluated. Administrators of the installation only. Errors: CQ101, CQ121, CQ204 no such version.';
grant execute on function app_public.embedding_version_evaluation(uuid) to colloquy_admin;
