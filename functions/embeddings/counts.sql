-- Keeps chunk_counts and embedding_counts, one row per workspace and kind or version, and chunk_languages, by statement. In
-- the order of their keys, so that two statements never wait for each other in a circle.
create or replace function app_private.count_chunks()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.chunk_counts;
    delete from app_hidden.chunk_languages;
    return null;
  end if;
  if tg_op = 'INSERT' then
    insert into app_hidden.chunk_counts as k (workspace_id, source_type, chunk_count)
    select n.workspace_id, n.source_type, count(*) from changed_chunks n group by n.workspace_id, n.source_type order by 1, 2
    on conflict (workspace_id, source_type) do update set chunk_count = k.chunk_count + excluded.chunk_count;
    insert into app_hidden.chunk_languages (workspace_id, text_search_language)
    select distinct n.workspace_id, n.text_search_language from changed_chunks n order by 1, 2
    on conflict do nothing;
  else
    update app_hidden.chunk_counts k
    set chunk_count = k.chunk_count - gone.chunk_count
    from (
      select o.workspace_id, o.source_type, count(*) as chunk_count from changed_chunks o group by o.workspace_id, o.source_type order by 1, 2
    ) as gone
    where k.workspace_id = gone.workspace_id and k.source_type = gone.source_type;
  end if;
  return null;
end
$$;
comment on function app_private.count_chunks() is 'Trigger: keeps chunk_counts and chunk_languages.';

create or replace trigger chunks_10_count_insert after insert on app_public.chunks
referencing new table as changed_chunks for each statement execute function app_private.count_chunks();
create or replace trigger chunks_10_count_delete after delete on app_public.chunks
referencing old table as changed_chunks for each statement execute function app_private.count_chunks();
create or replace trigger chunks_10_count_truncate after truncate on app_public.chunks
for each statement execute function app_private.count_chunks();

create or replace function app_private.note_chunk_language()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_hidden.chunk_languages (workspace_id, text_search_language) values (new.workspace_id, new.text_search_language)
  on conflict do nothing;
  return null;
end
$$;
comment on function app_private.note_chunk_language() is 'Trigger: keeps chunk_languages when the language of a document is corrected.';

create or replace trigger chunks_10_language after update of text_search_language on app_public.chunks
for each row when (old.text_search_language <> new.text_search_language) execute function app_private.note_chunk_language();

create or replace function app_private.count_embeddings()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.embedding_counts;
    return null;
  end if;
  if tg_op = 'INSERT' then
    insert into app_hidden.embedding_counts as k (version_id, workspace_id, embedding_count)
    select n.version_id, n.workspace_id, count(*) from changed_embeddings n group by n.version_id, n.workspace_id order by 1, 2
    on conflict (version_id, workspace_id) do update set embedding_count = k.embedding_count + excluded.embedding_count;
  else
    update app_hidden.embedding_counts k
    set embedding_count = k.embedding_count - gone.embedding_count
    from (
      select o.version_id, o.workspace_id, count(*) as embedding_count from changed_embeddings o group by o.version_id, o.workspace_id order by 1, 2
    ) as gone
    where k.version_id = gone.version_id and k.workspace_id = gone.workspace_id;
  end if;
  return null;
end
$$;
comment on function app_private.count_embeddings() is 'Trigger: keeps embedding_counts.';

create or replace trigger embeddings_10_count_insert after insert on app_public.embeddings
referencing new table as changed_embeddings for each statement execute function app_private.count_embeddings();
create or replace trigger embeddings_10_count_delete after delete on app_public.embeddings
referencing old table as changed_embeddings for each statement execute function app_private.count_embeddings();
create or replace trigger embeddings_10_count_truncate after truncate on app_public.embeddings
for each statement execute function app_private.count_embeddings();
