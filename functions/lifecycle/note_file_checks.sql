-- What was found of the files of conversations. One that has gone, or has become another meanwhile, is left alone.
create or replace function app_hidden.note_file_checks(conversation_ids uuid[], paths text[], problems text[], with_hash boolean)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_hidden.conversation_files f
  set
    checked_at = now(), hashed_at = case when with_hash then now() else f.hashed_at end,
    -- what was found damaged by its bytes is not mended by a look at its size
    problem = case when x.problem is null and f.problem = 'damaged' and not with_hash then f.problem else x.problem end
  from unnest(conversation_ids, paths, problems) as x (conversation_id, path, problem)
  where f.conversation_id = x.conversation_id and f.storage_path = x.path;
$$;
comment on function app_hidden.note_file_checks(uuid[], text[], text[], boolean) is 'Takes down that files of conversations were looked for, or hashed, and what is wrong with each: missing, damaged, or null.';
grant execute on function app_hidden.note_file_checks(uuid[], text[], text[], boolean) to colloquy_worker;
