-- Messages, memories and events have the language of their workspace. What was indexed before that changed, or by a worker
-- that had read the old one, is found by the counts and corrected here; the vectors are not touched. Documents have a
-- language of their own.
create or replace function app_hidden.correct_chunk_languages(max_chunks integer default 500)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  wrong record;
  corrected integer;
begin
  perform app_private.require_batch(max_chunks);
  for wrong in
    select k.workspace_id, k.source_type, k.text_search_language as indexed, w.text_search_language as language
    from app_hidden.chunk_counts k
    join app_public.workspaces w on w.id = k.workspace_id
    where k.source_type <> 'document' and k.chunk_count > 0 and k.text_search_language <> w.text_search_language
    order by k.workspace_id, k.source_type, k.text_search_language
  loop
    -- Whoever writes chunks has them first and the counts then. Here it is the other way about, and chunks that somebody has
    -- are left for later: nobody waits in a circle.
    insert into app_hidden.chunk_counts (workspace_id, source_type, text_search_language, chunk_count)
    values (wrong.workspace_id, wrong.source_type, wrong.language, 0)
    on conflict on constraint chunk_counts_pkey do nothing;
    perform from app_hidden.chunk_counts k
    where k.workspace_id = wrong.workspace_id and k.source_type = wrong.source_type
      and k.text_search_language in (wrong.indexed, wrong.language)
    order by k.text_search_language
    for no key update;
    update app_public.chunks c
    set text_search_language = wrong.language
    from (
      select x.id
      from app_public.chunks x
      where x.workspace_id = wrong.workspace_id and x.source_type = wrong.source_type and x.text_search_language = wrong.indexed
      limit max_chunks
      for no key update skip locked
    ) as free
    where c.workspace_id = wrong.workspace_id and c.id = free.id;
    get diagnostics corrected = row_count;
    if corrected > 0 then
      return corrected;
    end if;
  end loop;
  return 0;
end
$$;
comment on function app_hidden.correct_chunk_languages(integer) is
  'Indexes chunks of messages, memories and events anew that are in another language than their workspace, at most so many; returns how many, 0 when none is left or free. For the job. Error: CQ200.';
grant execute on function app_hidden.correct_chunk_languages(integer) to colloquy_worker;
