-- Reads back what was just packed: decoded and encoded anew it must be the same, before anything is deleted.
create or replace function app_private.check_packed_rows(conversation app_public.conversations)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
  source constant regclass := 'app_public.messages'::regclass;
  columns constant text[] := app_private.packed_columns(source);
  piece app_hidden.conversation_archive_parts;
  rows_read integer := 0;
  rebuilt bytea;
begin
  for piece in
    select p.* from app_hidden.conversation_archive_parts p where p.conversation_id = conversation.id order by p.part
  loop
    execute format(
      'select sha256(convert_to(''['' || string_agg(%s, E'',\n'' order by t.id) || '']'', ''UTF8'')), $3 + count(*) from (%s) as t',
      app_private.packed_line(source, columns), app_private.unpack_query(source, columns)
    )
    into rebuilt, rows_read
    using piece.document, conversation.owner_id, rows_read;
    if rebuilt is distinct from piece.sha256 then
      raise exception 'What was packed of conversation % is not what was read back.', conversation.id
        using errcode = 'CQ260', hint = 'Nothing was deleted. Report it as a bug.';
    end if;
  end loop;
  return rows_read;
end
$$;
comment on function app_private.check_packed_rows(app_public.conversations) is 'How many messages the archive of a conversation gives back. Raises CQ260 when they are not those that were packed.';
-- Deliberately not granted: app_private.pack_conversation calls it.
