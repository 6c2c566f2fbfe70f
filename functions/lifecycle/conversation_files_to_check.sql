-- Files of conversations against what is stored: sizes of all of them, page by page, and the bytes of those that were hashed longest ago.
create or replace function app_hidden.conversation_files_to_check(
  after_id uuid default null, max_files integer default 1000, oldest_hashes boolean default false
)
returns table (conversation_id uuid, storage_path text, byte_size bigint)
language sql
stable
security definer
rows 1000
set search_path = pg_catalog, pg_temp
as $$
  select f.conversation_id, f.storage_path, f.byte_size
  from app_hidden.conversation_files f
  where f.conversation_id > coalesce(after_id, '00000000-0000-0000-0000-000000000000'::uuid)
  order by case when oldest_hashes then f.hashed_at end, f.conversation_id
  limit max_files;
$$;
comment on function app_hidden.conversation_files_to_check(uuid, integer, boolean) is
  'Files of conversations by id, after one, or those whose bytes were hashed longest ago.';
grant execute on function app_hidden.conversation_files_to_check(uuid, integer, boolean) to colloquy_worker;
