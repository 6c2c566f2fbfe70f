-- The words of a workspace, for two things that a search needs to know before it searches: that nobody there writes a word (so it is
-- misspelt, and its neighbours are meant), and how common a word is, where there is too much to count.
--
-- Words are noted with the chunks that bring them, and dropped when no chunk has them any more. It names no other tenant's word, and
-- nothing of it is ever returned: what a word finds is decided by what the caller may read.
create or replace function app_private.note_words()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- in the order of the key, so that two statements never wait for each other in a circle
  insert into app_hidden.workspace_words (workspace_id, word)
  select l.workspace_id, l.word
  from (
    -- each once, before it is looked at and looked up: most words of a document stand in many of its chunks
    select distinct n.workspace_id, unnest(tsvector_to_array(n.text_search)) as word from new_chunks n
  ) as l
  where app_private.is_noted_word(l.word) and not exists (
    select from app_hidden.workspace_words w where w.workspace_id = l.workspace_id and w.word = l.word
  )
  order by 1, 2
  on conflict on constraint workspace_words_pkey do nothing;
  return null;
end
$$;
comment on function app_private.note_words() is 'Trigger: keeps workspace_words.';
create or replace trigger chunks_20_note_words after insert on app_public.chunks
referencing new table as new_chunks for each statement execute function app_private.note_words();
