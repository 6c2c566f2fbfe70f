-- Finds a conversation that the caller may write in and locks its row, which makes sequence numbers gapless.
create or replace function app_private.lock_conversation(wanted_id uuid)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  return app_private.hold_conversation(wanted_id);
end
$$;
comment on function app_private.lock_conversation(uuid) is 'The conversation, locked against other writers. Raises CQ101, CQ109, CQ204, and CQ260 when its archive is damaged.';
