-- The words of a workspace, for two things that a search needs to know before it searches: that nobody there writes a word (so it is
-- misspelt, and its neighbours are meant), and how common a word is, where there is too much to count.
--
-- Words are noted with the chunks that bring them, and dropped when no chunk has them any more. How common they are is measured on a sample of
-- the workspace's own passages. It names no other tenant's word, and nothing of it is ever returned: what a word finds is decided by what
-- the caller may read.

create or replace function app_private.note_words()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- in the order of the key, so that two statements never wait for each other in a circle
  insert into app_hidden.workspace_words (workspace_id, word)
  select n.workspace_id, l.word
  from new_chunks n
  cross join lateral unnest(tsvector_to_array(n.text_search)) as l (word)
  where l.word ~ '^[^\d\s[:punct:]]{4,40}$' and not exists (
    select from app_hidden.workspace_words w where w.workspace_id = n.workspace_id and w.word = l.word
  )
  group by 1, 2
  order by 1, 2
  on conflict on constraint workspace_words_pkey do nothing;
  return null;
end
$$;
comment on function app_private.note_words() is 'Trigger: keeps workspace_words.';
create or replace trigger chunks_20_note_words after insert on app_public.chunks
referencing new table as new_chunks for each statement execute function app_private.note_words();

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

create or replace function app_hidden.sample_words(max_workspaces integer default 10)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- below it all that a question finds is ranked within milliseconds
  large constant bigint := 8000;
  sample_size constant bigint := 4000;
  found record;
  sampled integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.sample_words')) then
    return 0;
  end if;
  for found in
    select t.workspace_id, t.chunks
    from (select k.workspace_id, sum(k.chunk_count)::bigint as chunks from app_hidden.chunk_counts k group by 1) as t
    left join app_hidden.word_samples s on s.workspace_id = t.workspace_id
    where t.chunks >= large and (s.workspace_id is null or t.chunks not between s.chunk_count * 0.8 and s.chunk_count * 1.25)
    order by s.sampled_at nulls first
    limit max_workspaces
  loop
    with passages as materialized (
      select c.text_search
      from (
        -- by the key alone; hash: spread over all that was ever imported
        select p.id from app_public.chunks p
        where p.workspace_id = found.workspace_id and hashtextextended(p.id::text, 0) % greatest(found.chunks / sample_size, 1) = 0
        offset 0
      ) as p
      cross join lateral (
        select k.text_search from app_public.chunks k where k.workspace_id = found.workspace_id and k.id = p.id offset 0
      ) as c
    ),
    counted as materialized (
      select l.word, count(*) / (select count(*) from passages)::real as share
      from passages p
      cross join lateral unnest(tsvector_to_array(p.text_search)) as l (word)
      where octet_length(l.word) <= 500
      group by l.word
      -- what is rarer than that is not seen often enough to be told from what is not
      having count(*) >= 3
    ),
    forgotten as (
      update app_hidden.workspace_words w
      set share = 0
      where w.workspace_id = found.workspace_id and w.share > 0 and not exists (select from counted c where c.word = w.word)
    )
    insert into app_hidden.workspace_words as w (workspace_id, word, share)
    select found.workspace_id, c.word, c.share from counted c order by c.word
    on conflict on constraint workspace_words_pkey do update set share = excluded.share where w.share is distinct from excluded.share;
    insert into app_hidden.word_samples as s (workspace_id, chunk_count, sampled_at)
    values (found.workspace_id, found.chunks, now())
    on conflict on constraint word_samples_pkey do update set chunk_count = excluded.chunk_count, sampled_at = excluded.sampled_at;
    sampled := sampled + 1;
  end loop;
  delete from app_hidden.word_samples s
  where not exists (
    select from app_hidden.chunk_counts k where k.workspace_id = s.workspace_id group by k.workspace_id having sum(k.chunk_count) >= large / 2
  );
  return sampled;
end
$$;
comment on function app_hidden.sample_words(integer) is
  'Measures how common the words of large workspaces are, of those first whose size has changed by a fifth since. Returns of how many workspaces.';

create or replace function app_hidden.forget_words(max_words integer default 10000, after_workspace uuid default null, after_word text default null)
returns table (checked integer, forgotten integer, last_workspace uuid, last_word text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  with batch as materialized (
    select w.workspace_id, w.word
    from app_hidden.workspace_words w
    where after_workspace is null or (w.workspace_id, w.word) > (after_workspace, after_word)
    order by w.workspace_id, w.word
    limit max_words
  ),
  gone as (
    delete from app_hidden.workspace_words w
    using batch s
    where w.workspace_id = s.workspace_id and w.word = s.word and not exists (
      select from app_public.chunks c
      where c.workspace_id = s.workspace_id and c.text_search @@ app_private.quoted_lexeme(s.word)::tsquery
    )
    returning 1
  )
  select
    (select count(*) from batch), (select count(*) from gone),
    (select s.workspace_id from batch s order by s.workspace_id desc, s.word desc limit 1),
    (select s.word from batch s order by s.workspace_id desc, s.word desc limit 1)
  into checked, forgotten, last_workspace, last_word;
  return next;
end
$$;
comment on function app_hidden.forget_words(integer, uuid, text) is
  'Drops words that no passage of their workspace has any more, of so many after the one that is named; goes on with what it returns, until it checked none.';
grant execute on function app_hidden.sample_words(integer), app_hidden.forget_words(integer, uuid, text) to colloquy_worker;
