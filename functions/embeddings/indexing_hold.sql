-- Why the indexing of a workspace does not go on, and until when.
create or replace function app_private.indexing_hold(workspace uuid, out paused text, out resumes_at timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- what this workspace is kept back by comes first; of a provider, only that it is
  select h.paused, h.resumes_at
  from (
    select case r.code when 'CQ220' then 'budget' when 'CQ221' then 'quota' else 'switch' end as paused, r.retry_at as resumes_at, 1 as place
    from app_hidden.embedding_refusals r
    join app_public.embedding_versions v on v.id = r.version_id and v.status = 'active'
    where r.workspace_id = indexing_hold.workspace
    union all
    -- events whose summary has no room: only they are pending and wait
    select case when e.error like '%(CQ220)' then 'budget' when e.error like '%(CQ221)' then 'quota' else 'switch' end, e.retry_at, 1
    from app_public.raw_events e
    where e.workspace_id = indexing_hold.workspace and e.processing_status = 'pending' and e.retry_at > statement_timestamp()
    union all
    select 'provider', p.paused_until, 2
    from app_hidden.provider_pauses p
    join app_public.embedding_versions v on v.provider = p.provider and v.status = 'active'
    where p.paused_until > statement_timestamp()
  ) as h
  order by h.place, h.resumes_at
  limit 1;
$$;
comment on function app_private.indexing_hold(uuid) is 'What keeps the indexing of a workspace back (budget, quota, switch, provider), and until when; null when nothing does.';
-- Deliberately not granted: app_public.indexing_progress calls it.
