-- Keeps chunk_counts when chunks change. Of what is counted only the language ever changes, and most updates do not change it.
-- In the order of the keys, so that two statements never wait for each other in a circle.
create or replace function app_private.count_corrected_chunks()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  with changes as materialized (
    select d.workspace_id, d.source_type, d.text_search_language, d.is_language_recognized, sum(d.difference) as difference
    from (
      select o.workspace_id, o.source_type, o.text_search_language, o.is_language_recognized, -1 as difference from old_chunks o
      union all
      select n.workspace_id, n.source_type, n.text_search_language, n.is_language_recognized, 1 from new_chunks n
    ) as d
    group by 1, 2, 3, 4
    having sum(d.difference) <> 0
  )
  insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
  select d.workspace_id, d.source_type, d.text_search_language, d.is_language_recognized, greatest(d.difference, 0)
  from changes d
  order by 1, 2, 3, 4
  on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count + (
    select d.difference from changes d
    where d.workspace_id = k.workspace_id and d.source_type = k.source_type and d.text_search_language = k.text_search_language
      and d.is_language_recognized = k.is_language_recognized
  );
  return null;
end
$$;
comment on function app_private.count_corrected_chunks() is 'Trigger: keeps chunk_counts when languages are corrected.';

create or replace trigger chunks_10_count_update after update on app_public.chunks
referencing old table as old_chunks new table as new_chunks for each statement execute function app_private.count_corrected_chunks();
