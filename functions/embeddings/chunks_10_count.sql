-- Keeps chunk_counts, one row per workspace, kind and language, those that were recognised apart, by statement. In the order
-- of their keys, so that two statements never wait for each other in a circle.
create or replace function app_private.count_chunks()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.chunk_counts;
  elsif tg_op = 'INSERT' then
    insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
    select n.workspace_id, n.source_type, n.text_search_language, n.is_language_recognized, count(*)
    from changed_chunks n
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4
    on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count + excluded.chunk_count;
  else
    perform
    from app_hidden.chunk_counts k
    where (k.workspace_id, k.source_type, k.text_search_language, k.is_language_recognized) in (
      select o.workspace_id, o.source_type, o.text_search_language, o.is_language_recognized from changed_chunks o
    )
    order by k.workspace_id, k.source_type, k.text_search_language, k.is_language_recognized
    for no key update;
    update app_hidden.chunk_counts k
    set chunk_count = k.chunk_count - gone.chunk_count
    from (
      select o.workspace_id, o.source_type, o.text_search_language, o.is_language_recognized, count(*) as chunk_count
      from changed_chunks o
      group by 1, 2, 3, 4
    ) as gone
    where k.workspace_id = gone.workspace_id and k.source_type = gone.source_type and k.text_search_language = gone.text_search_language
      and k.is_language_recognized = gone.is_language_recognized;
  end if;
  return null;
end
$$;
comment on function app_private.count_chunks() is 'Trigger: keeps chunk_counts.';

create or replace trigger chunks_10_count_insert after insert on app_public.chunks
referencing new table as changed_chunks for each statement execute function app_private.count_chunks();
create or replace trigger chunks_10_count_delete after delete on app_public.chunks
referencing old table as changed_chunks for each statement execute function app_private.count_chunks();
create or replace trigger chunks_10_count_truncate after truncate on app_public.chunks
for each statement execute function app_private.count_chunks();
