-- Words are dropped when no chunk of their workspace has them any more (chunks_20_note_words notes them).
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
grant execute on function app_hidden.forget_words(integer, uuid, text) to colloquy_worker;
