-- Keeps the vectors that came with some searches, for measurements to ask again (record_searches). Names and values that somebody wrote are
-- kept only where text is allowed.
create or replace function app_private.keep_samples(searches jsonb, text_allowed boolean)
returns void
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
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
end
$$;
comment on function app_private.keep_samples(jsonb, boolean) is 'Keeps at most 100 of the searches of a batch that brought a vector.';
