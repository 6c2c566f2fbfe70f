-- How conversations in the storage of files do, in numbers and ids.
create or replace function app_hidden.cold_storage_state(
  out days text, out cold bigint, out stored bigint, out recalled bigint, out messages bigint, out file_bytes bigint, out document_bytes bigint,
  out missing bigint, out damaged bigint, out examples uuid[], out oldest_check timestamptz, out oldest_hash timestamptz
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    app_hidden.setting('cold_storage_days'),
    (select count(*) from app_public.conversations c where c.storage_tier = 'cold'),
    count(f.conversation_id) filter (where f.recalled_at is null), count(f.recalled_at),
    coalesce(sum(a.message_count), 0), coalesce(sum(f.byte_size), 0), coalesce(sum(f.document_bytes), 0),
    count(*) filter (where f.problem = 'missing'), count(*) filter (where f.problem = 'damaged'),
    (array_agg(f.conversation_id order by f.conversation_id) filter (where f.problem is not null))[1:5],
    min(f.checked_at), min(f.hashed_at)
  from app_hidden.conversation_files f
  join app_hidden.conversation_archives a on a.conversation_id = f.conversation_id;
$$;
comment on function app_hidden.cold_storage_state() is
  'The setting, cold conversations, those in files and those that came back to be read, their messages and bytes, how many files are missing or damaged with some examples, and the oldest check.';
grant execute on function app_hidden.cold_storage_state() to colloquy_monitor, colloquy_worker;
