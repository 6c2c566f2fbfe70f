-- What the indexing worker calls with the passages of a memory. A repeated call changes nothing. Only the worker may call it.
create or replace function app_hidden.replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  memory app_public.memory_items;
  declared app_public.text_search_language := app_private.workspace_language(for_workspace);
  added integer;
begin
  select m.* into memory
  from app_public.memory_items m
  where m.workspace_id = for_workspace and m.id = for_memory
  for no key update;
  if memory.id is null or not upper_inf(memory.validity) or memory.content_hash <> of_hash or memory.chunked_hash = of_hash then
    -- gone, closed since it was read, or done
    return 0;
  end if;
  delete from app_public.chunks c where c.workspace_id = for_workspace and c.memory_item_id = for_memory;
  insert into app_public.chunks (
    workspace_id, source_type, memory_item_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
    content_hash, importance_score, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'memory', for_memory, memory.owner_id, memory.visibility, w.chunk_index, w.content, w.heading, w.start_offset, w.end_offset,
    w.token_count, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)), memory.importance,
    coalesce(app_private.recognized_language(declared, w.language), declared),
    app_private.recognized_language(declared, w.language) is not null
  from jsonb_to_recordset(new_chunks) as w (
    chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer, language text
  );
  get diagnostics added = row_count;
  update app_public.memory_items m set chunked_hash = of_hash where m.id = for_memory;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.memory_item_id = for_memory;
  return added;
end
$$;
comment on function app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb) is
  'Gives a memory its chunks. 0 when the memory is gone, holds no longer, or has them already.';
grant execute on function app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb) to colloquy_worker;
