-- A conversation that is restored gets the rows that it had: what counts new messages must not count them again.
create or replace function app_private.is_coming_back(conversation_id uuid, last_number integer)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from app_public.conversations c
    where c.id = is_coming_back.conversation_id and c.storage_tier <> 'hot' and c.last_sequence_number >= last_number
  );
$$;
comment on function app_private.is_coming_back(uuid, integer) is 'Whether messages up to a number are written into a packed conversation: they are restored, and were counted long ago.';
