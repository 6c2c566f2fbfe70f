-- Whether a message is what a client says that it is. What it leaves out is no difference; one that is being written has its text to come.
create or replace function app_private.is_as_saved(stored app_public.messages, said app_public.message_to_save)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select stored.role = said.role and (
    stored.status = 'streaming'
    or stored.content = coalesce(said.content, app_private.text_of_parts(said.parts))
      and stored.parts is not distinct from coalesce(said.parts, stored.parts)
      and stored.attachments is not distinct from coalesce(said.attachments, stored.attachments)
      and stored.metadata = coalesce(said.metadata, stored.metadata)
  );
$$;
comment on function app_private.is_as_saved(app_public.messages, app_public.message_to_save) is 'Whether a stored message is the same as one that is to be saved.';
-- Deliberately not granted: app_public.save_messages calls it.
