-- Remembers that the caller has read a conversation until now. A viewer reads too, so this asks for no role that writes.
create or replace function app_public.mark_read(conversation_id uuid)
returns app_public.conversation_reads
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  seen app_public.conversation_reads;
begin
  perform app_hidden.require_member();
  -- a viewer reads, and may say so; a key that may only read writes nothing
  if not app_hidden.has_scope('write') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "write", or sign in.';
  end if;
  insert into app_public.conversation_reads as r (workspace_id, conversation_id, user_id, last_read_at, read_sequence_number)
  select c.workspace_id, c.id, app_hidden.current_user_id(), clock_timestamp(), c.last_sequence_number
  from app_public.conversations c
  where c.id = mark_read.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace')
  on conflict on constraint conversation_reads_pkey do update
  set last_read_at = greatest(r.last_read_at, excluded.last_read_at),
    read_sequence_number = greatest(r.read_sequence_number, excluded.read_sequence_number)
  returning r.* into seen;
  if seen.conversation_id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return seen;
end
$$;
comment on function app_public.mark_read(uuid) is 'Remembers that you have read a conversation until now. Errors: CQ101, CQ110 API key without "write", CQ204 no such conversation.';
grant execute on function app_public.mark_read(uuid) to colloquy_user, colloquy_admin;
