-- Which conversations the job store-cold puts into files next: cold for as long as the setting says, and read no more for a week where
-- they came back to be read. One with passages that still lack their context is restored for that, and waits.
create or replace function app_hidden.conversations_to_store(
  cold_days integer default null,
  of_conversation uuid default null,
  after_id uuid default null,
  max_conversations integer default 100
)
returns table (conversation_id uuid, workspace_id uuid, messages integer, archive_sha256 bytea, storage_path text)
language plpgsql
stable
security definer
rows 100
set search_path = pg_catalog, pg_temp
as $$
declare
  days text := coalesce(cold_days::text, app_hidden.setting('cold_storage_days'));
begin
  perform app_private.require_batch(max_conversations);
  if days !~ '^\d{1,6}$' then
    return;
  end if;
  return query
  select a.conversation_id, a.workspace_id, a.message_count, a.sha256, f.storage_path
  from app_hidden.conversation_archives a
  join app_public.conversations c on c.workspace_id = a.workspace_id and c.id = a.conversation_id and c.storage_tier = 'cold'
  left join app_hidden.conversation_files f on f.conversation_id = a.conversation_id
  where a.conversation_id > coalesce(after_id, '00000000-0000-0000-0000-000000000000'::uuid)
    and a.message_count > 0
    -- what a legal hold keeps stays where it is until it is released
    and not app_private.is_held(a.workspace_id, 'conversations', a.conversation_id, c.owner_id)
    and (
      a.conversation_id = of_conversation and (f.conversation_id is null or f.recalled_at is not null)
      or of_conversation is null
        and (f.conversation_id is null or f.recalled_at < now() - interval '7 days')
        and (
          days = '0'
          or c.last_message_at <= now() - app_private.resting_time('warm_conversations', a.workspace_id) - make_interval(days => days::integer)
        )
    )
    and not exists (
      select from app_public.chunks k
      where k.workspace_id = a.workspace_id and k.conversation_id = a.conversation_id and k.source_type = 'message' and k.context_near is null
    )
  order by a.conversation_id
  limit max_conversations;
end
$$;
comment on function app_hidden.conversations_to_store(integer, uuid, uuid, integer) is
  'Cold conversations whose documents are to go to the storage of files, by id: after cold_days (null: as the setting cold_storage_days says), or one of them whatever its age. With the file that has them already.';
grant execute on function app_hidden.conversations_to_store(integer, uuid, uuid, integer) to colloquy_worker;
