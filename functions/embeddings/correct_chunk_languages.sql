-- Messages, memories and events have the language that was recognised in them, else that of their workspace. What has that of
-- the workspace and was indexed before it changed, or by a worker that had read the old one, is found by the counts and corrected
-- here; the vectors are not touched. In a workspace that is simple everything is. Documents have a language of their own.
create or replace function app_hidden.correct_chunk_languages(max_chunks integer default 500)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
declare
  wrong record;
  counts integer;
  corrected integer;
begin
  perform app_private.require_batch(max_chunks);
  for wrong in
    select k.workspace_id, k.source_type, k.text_search_language as indexed, k.is_language_recognized, w.text_search_language as language
    from app_hidden.chunk_counts k
    join app_public.workspaces w on w.id = k.workspace_id
    where k.source_type <> 'document' and k.chunk_count > 0 and k.text_search_language <> w.text_search_language
      and (not k.is_language_recognized or w.text_search_language = 'simple')
    -- no workspace always comes first
    order by md5(k.workspace_id::text || now()), k.source_type, k.text_search_language, k.is_language_recognized
  loop
    -- Whoever writes chunks has them first and the counts then; here it is the other way about. So nothing is waited for, and
    -- what somebody has is left for later.
    begin
      insert into app_hidden.chunk_counts (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
      select wrong.workspace_id, wrong.source_type, wrong.language, false, 0
      where not exists (
        select from app_hidden.chunk_counts k
        where k.workspace_id = wrong.workspace_id and k.source_type = wrong.source_type and k.text_search_language = wrong.language
          and not k.is_language_recognized
      )
      on conflict on constraint chunk_counts_pkey do nothing;
    exception when lock_not_available or foreign_key_violation then
      -- somebody writes the first chunk in that language at this moment, or ends the workspace
      continue;
    end;
    perform from app_hidden.chunk_counts k
    where k.workspace_id = wrong.workspace_id and k.source_type = wrong.source_type
      and (k.text_search_language, k.is_language_recognized) in ((wrong.indexed, wrong.is_language_recognized), (wrong.language, false))
    for no key update skip locked;
    get diagnostics counts = row_count;
    continue when counts < 2;
    -- materialized: as a part of the join it may be asked once a row, and find others each time
    with free as materialized (
      select x.id
      from app_public.chunks x
      where x.workspace_id = wrong.workspace_id and x.source_type = wrong.source_type and x.text_search_language = wrong.indexed
        and x.is_language_recognized = wrong.is_language_recognized
      limit max_chunks
      for no key update skip locked
    )
    update app_public.chunks c
    set text_search_language = wrong.language, is_language_recognized = false
    from free
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
  'Indexes chunks of messages, memories and events anew that are in another language than their workspace, and were not recognised to be, at most so many; returns how many, 0 when none is left or free. For the job. Error: CQ200.';
grant execute on function app_hidden.correct_chunk_languages(integer) to colloquy_worker;
