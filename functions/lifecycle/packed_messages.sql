-- Reads what is packed, without restoring it: who only reads must not write. Granted to nobody: it asks for no caller. A
-- document that is damaged is not shown.
create or replace function app_private.packed_messages(
  conversation app_public.conversations, before uuid, first integer, after uuid default null, newest_first boolean default true
)
returns setof app_public.messages
language plpgsql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
  piece app_hidden.conversation_archive_parts;
  missing integer := first;
  read integer;
begin
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.messages'::regclass
      and p.last_id > coalesce(packed_messages.after, '00000000-0000-0000-0000-000000000000'::uuid)
      and p.first_id < coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
    order by case when newest_first then -p.part else p.part end
  loop
    perform app_private.check_part(piece);
    return query execute format(
      'select * from (%s) as t where t.id > $3 and t.id < $4 order by t.id %s limit $5',
      app_private.unpack_query(piece.packed, piece.columns), case when newest_first then 'desc' else 'asc' end
    )
    using piece.document, conversation.owner_id, coalesce(packed_messages.after, '00000000-0000-0000-0000-000000000000'::uuid),
      coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid), missing;
    get diagnostics read = row_count;
    missing := missing - read;
    exit when missing <= 0;
  end loop;
end
$$;
comment on function app_private.packed_messages(app_public.conversations, uuid, integer, uuid, boolean) is 'Packed messages of a conversation, newest first, or from the oldest: at most "first" (null: all) of those before the message "before" and after the message "after". Opens only the parts that they lie in. Raises CQ260.';
