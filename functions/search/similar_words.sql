-- The words that somebody who wrote this one may have meant: those that share most groups of three letters with it.
create or replace function app_private.similar_words(workspace uuid, word text)
returns text[]
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select array_agg(s.word)
  from (
    select w.word, similarity(w.word, similar_words.word) as similarity,
      max(similarity(w.word, similar_words.word)) over () - similarity(w.word, similar_words.word) as behind
    from app_hidden.workspace_words w
    where w.workspace_id = similar_words.workspace and w.word % similar_words.word
      and abs(char_length(w.word) - char_length(similar_words.word)) <= 4
    order by behind, w.word
    limit 3
  ) as s
  where s.similarity >= 0.35 and s.behind <= 0.1;
$$;
comment on function app_private.similar_words(uuid, text) is 'Up to three words of a workspace that are spelt nearly like this one; null when there are none.';
