-- The messages of a conversation as documents of about 128 KiB: a page is read without the rest.
create or replace function app_private.write_archive_parts(conversation app_public.conversations)
returns void
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
begin
  execute format(
    'insert into app_hidden.conversation_archive_parts (
       workspace_id, conversation_id, packed, part, first_id, last_id, row_count, columns, sha256, document
     )
     select $1, $2, $3, p.part, p.first_id, p.last_id, p.row_count, $4, sha256(convert_to(p.document, ''UTF8'')), p.document
     from (
       select sized.part, (array_agg(sized.id order by sized.id))[1] as first_id, (array_agg(sized.id order by sized.id desc))[1] as last_id,
         count(*) as row_count, ''['' || string_agg(sized.line, E'',\n'' order by sized.id) || '']'' as document
       from (
         -- 128 KiB a part: a page is read without the rest
         select l.*, ((sum(octet_length(l.line)) over (order by l.id) - octet_length(l.line)) / 131072)::integer as part
         from (
           select t.id, %s as line from app_public.messages as t where t.workspace_id = $1 and t.conversation_id = $2 and t.id >= $2 and t.id <= $5
         ) as l
       ) as sized
       group by sized.part
     ) as p',
    app_private.packed_line(source, columns)
  )
  using conversation.workspace_id, conversation.id, source, columns, conversation.last_message_id;
end
$$;
comment on function app_private.write_archive_parts(app_public.conversations) is 'Writes the messages of a locked conversation into its archive.';
-- Deliberately not granted: app_private.pack_conversation calls it.
