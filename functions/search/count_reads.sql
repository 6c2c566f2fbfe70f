-- Counts that chunks were returned by searches (record_searches). A chunk of another tenant than the search's is not counted, and neither is
-- one that is locked at the moment: it waits for no row.
create or replace function app_private.count_reads(searches jsonb)
returns void
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
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
end
$$;
comment on function app_private.count_reads(jsonb) is 'Counts the chunks that the searches of a batch returned.';
