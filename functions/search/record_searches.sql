-- Counts what searches answered, and that chunks were read, a batch at a time: search itself is stable and writes nothing.
-- Called by the API server on a connection of its own, as colloquy_authenticator and outside any request. Not granted to the
-- roles of requests: nobody counts for somebody else. A chunk of another tenant than the search's is not counted.
--
-- It must never hold up those who write: it waits for no row of theirs (skip locked), and batches of several servers come one
-- after the other. What is locked by somebody else at that moment, since it is cut anew or moved to another tier, is not
-- counted. A batch that comes twice counts twice.
create or replace function app_hidden.record_searches(searches jsonb)
returns table (sample_share real, keeps_text boolean)
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
set jit = off
-- a few thousand keys: each is looked up, whatever the planner believes how many there are
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  text_allowed boolean := app_hidden.setting('search_sample_keeps_text') = 'on';
  least_samples integer := app_hidden.setting('search_sample_minimum')::integer;
  share real := app_hidden.setting('search_sample_share')::real;
  today date := (now() at time zone 'UTC')::date;
begin
  if jsonb_typeof(searches) is distinct from 'array' or jsonb_array_length(searches) > 1000 then
    raise exception 'A batch is an array of at most 1,000 searches.' using errcode = 'CQ200', hint = 'Send several batches.';
  end if;
  perform pg_advisory_xact_lock(hashtext('colloquy.record_searches'));

  insert into app_hidden.search_samples (workspace_id, user_id, version_id, kinds, filters, embedding, query)
  select
    s.workspace_id, s.user_id, v.id, (select array_agg(distinct k.kind) from unnest(s.kinds) as k (kind)),
    (
      select jsonb_object_agg(f.key, f.value)
      from jsonb_each(to_jsonb(jsonb_populate_record(null::app_public.search_filters, s.filters))) as f
      where f.value <> 'null'
    ),
    s.embedding::halfvec,
    case when text_allowed then left(nullif(trim(s.query), ''), 10000) end
  from jsonb_to_recordset(searches) as s (
    workspace_id uuid, user_id uuid, version_id uuid, kinds app_public.source_type[], filters jsonb, embedding text, query text
  )
  join app_public.embedding_versions v on v.id = s.version_id
  -- who leaves the workspace, or ends it, at this moment is not waited for
  cross join lateral (
    select from app_public.workspace_members m where m.workspace_id = s.workspace_id and m.user_id = s.user_id for key share skip locked
  ) as member
  -- a vector of zeros is as far from everything as from anything: nothing to measure by
  where s.embedding is not null and l2_norm(s.embedding::halfvec) > 0
    -- names and values that somebody wrote: without them it would be another search
    and (text_allowed or not exists (
      select
      from jsonb_each(s.filters) as f
      where f.value <> 'null' and case f.key
        when 'text_search_languages' then not coalesce(
          (select bool_and(pg_input_is_valid(l, 'app_public.text_search_language')) from jsonb_array_elements_text(f.value) as l), true
        )
        else f.key in ('tags', 'content_types', 'code_languages', 'metadata')
      end
    ))
  limit 100;

  insert into app_hidden.search_statistics as x (
    day, version_id, size_class, path, searches, short_returns, lost_returns, scan_limit_hits
  )
  select
    today, v.id, size.class, s.path, count(*), count(*) filter (where s.returned < s.requested),
    -- on the first page and without a threshold, an index that was not given up has returned enough
    count(*) filter (where s.returned < s.requested and s.path = 'index' and s.is_plain),
    count(*) filter (where s.scan_limit_hit)
  from jsonb_to_recordset(searches) as s (
    workspace_id uuid, version_id uuid, path text, requested integer, returned integer, is_plain boolean, scan_limit_hit boolean
  )
  left join app_public.embedding_versions v on v.id = s.version_id
  cross join lateral (
    select app_private.search_size_class(coalesce(sum(k.chunk_count), 0)::bigint) as class
    from app_hidden.chunk_counts k where k.workspace_id = s.workspace_id
  ) as size
  group by v.id, size.class, s.path
  on conflict on constraint search_statistics_day_version_id_size_class_path_key do update
  set searches = x.searches + excluded.searches, short_returns = x.short_returns + excluded.short_returns,
    lost_returns = x.lost_returns + excluded.lost_returns, scan_limit_hits = x.scan_limit_hits + excluded.scan_limit_hits;

  with reads as (
    select s.workspace_id, r.id, count(*) as times
    from jsonb_to_recordset(searches) as s (workspace_id uuid, chunk_ids uuid[])
    cross join lateral unnest(s.chunk_ids) as r (id)
    group by s.workspace_id, r.id
    order by s.workspace_id, r.id
  ),
  readable as materialized (
    select r.workspace_id, r.id, r.times
    from reads r
    cross join lateral (
      select from app_public.chunks c where c.workspace_id = r.workspace_id and c.id = r.id for no key update skip locked
    ) as chunk
  )
  update app_public.chunks c
  set access_count = least(c.access_count + r.times, 2147483647)::integer, last_accessed_at = now()
  from readable r
  where c.workspace_id = r.workspace_id and c.id = r.id;

  return query
  select
    case when count(*) < least_samples then 1 else greatest(0, least(share, 1)) end::real,
    text_allowed
  from (
    select from app_hidden.search_samples s where s.id >= app_hidden.uuidv7_floor(today::timestamp at time zone 'UTC') limit least_samples
  ) as taken;
end
$$;
comment on function app_hidden.record_searches(jsonb) is
  'Counts a batch of finished searches and the chunks that they returned, and keeps the vectors that came with some of them. Returns which share of the following shall bring theirs, and whether with words. For the API server. Error: CQ200 no batch.';
grant execute on function app_hidden.record_searches(jsonb) to colloquy_authenticator;
