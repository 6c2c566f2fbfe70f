-- The text of an answer that is being written, from a place on. It asks for no caller.
create or replace function app_private.text_so_far(message_id uuid, from_offset integer default 0)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    string_agg(
      case when p.start_offset < from_offset then substr(p.content, from_offset - p.start_offset + 1) else p.content end, '' order by p.start_offset
    ), ''
  )
  from app_hidden.streaming_parts p
  where p.message_id = text_so_far.message_id and p.start_offset >= coalesce((
    select max(b.start_offset) from app_hidden.streaming_parts b where b.message_id = text_so_far.message_id and b.start_offset <= from_offset
  ), 0);
$$;
comment on function app_private.text_so_far(uuid, integer) is 'The text of an answer that is being written, without so many characters at its beginning.';
-- Deliberately not granted: functions that ask for their caller call it.
