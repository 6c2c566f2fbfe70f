-- Words that only the person used, in the workspaces that stay: the nightly job would drop them, too (forget_words).
create or replace function app_private.erase_words(erasure app_hidden.pending_erasures, max_rows integer)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  gone bigint;
  last_word record;
begin
  with batch as materialized (
    select w.workspace_id, w.word
    from app_hidden.workspace_words w
    where w.workspace_id = any (erasure.workspaces) and (
      erasure.progress ->> 'word' is null or (w.workspace_id, w.word) > ((erasure.progress ->> 'workspace')::uuid, erasure.progress ->> 'word')
    )
    order by w.workspace_id, w.word
    limit max_rows
  ),
  forgotten as (
    delete from app_hidden.workspace_words w
    using batch b
    where w.workspace_id = b.workspace_id and w.word = b.word and not exists (
      select from app_public.chunks c
      where c.workspace_id = b.workspace_id and c.text_search @@ app_private.quoted_lexeme(b.word)::tsquery
    )
    returning w.word
  )
  select (select count(*) from forgotten), b.workspace_id, b.word into last_word
  from batch b
  order by b.workspace_id desc, b.word desc
  limit 1;
  if last_word.word is null then
    return null;
  end if;
  gone := last_word.count;
  update app_hidden.pending_erasures p
  set progress = jsonb_build_object('workspace', last_word.workspace_id, 'word', last_word.word)
  where p.id = erasure.id;
  return jsonb_build_object('workspace_words', gone);
end
$$;
comment on function app_private.erase_words(app_hidden.pending_erasures, integer) is 'Drops words that nothing has any more from the workspaces of a person, so many at a time.';
