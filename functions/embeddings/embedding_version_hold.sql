-- Why a version is not filled, and until when.
create or replace function app_private.embedding_version_hold(version app_public.embedding_versions, out paused text, out resumes_at timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select h.paused, h.resumes_at
  from (
    select r.code || ' ' || r.reason as paused, r.retry_at as resumes_at, 1 as place
    from app_hidden.embedding_refusals r
    where r.version_id = version.id
    union all
    select 'provider: ' || p.reason, p.paused_until, 2
    from app_hidden.provider_pauses p
    where p.provider = version.provider and p.paused_until > statement_timestamp()
  ) as h
  order by h.place, h.resumes_at
  limit 1;
$$;
comment on function app_private.embedding_version_hold(app_public.embedding_versions) is 'What keeps the back-fill of a version: a refusal or a pause of its provider; null when nothing does.';
-- Deliberately not granted: app_public.embedding_version_progress calls it.
