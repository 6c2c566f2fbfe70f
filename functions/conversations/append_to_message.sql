-- Adds a piece to an answer that is being written. Said twice it is there once: the text from the place "at" on is what was said, and as
-- much of that as is stored already has to be the same. A piece for a place that is not reached yet is refused, with the length that
-- is stored; an empty one is a sign of life.
create or replace function app_public.append_to_message(message_id uuid, text text, at integer)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  stream app_hidden.streaming_messages;
  fresh text := append_to_message.text;
  stored text;
begin
  if num_nulls(append_to_message.message_id, append_to_message.text, append_to_message.at) > 0 or append_to_message.at < 0 then
    raise exception 'messageId, text and at are needed: what is added, and after how many characters.' using errcode = 'CQ200', hint = 'The first piece is at 0, the next one at the length that came back.';
  end if;
  stream := app_private.lock_stream(append_to_message.message_id);
  if append_to_message.at < stream.length then
    stored := left(app_private.text_so_far(stream.message_id, append_to_message.at), char_length(fresh));
    if not starts_with(fresh, stored) then
      raise exception 'Another text is stored after % characters; % are stored.', append_to_message.at, stream.length
        using errcode = 'CQ811', hint = format('Read the content, and go on at %s.', stream.length);
    end if;
    fresh := substr(fresh, char_length(stored) + 1);
  elsif append_to_message.at > stream.length then
    raise exception 'Only % characters are stored, and this begins after %.', stream.length, append_to_message.at
      using errcode = 'CQ811', hint = format('Say first what comes after %s.', stream.length);
  end if;
  if stream.length + char_length(fresh) > 1000000 then
    raise exception 'A message has 0 to 1,000,000 characters; this one would have %.', stream.length + char_length(fresh)
      using errcode = 'CQ200', hint = 'Finish it, and put long texts into documents.';
  end if;
  update app_hidden.streaming_messages s
  set length = s.length + char_length(fresh), written_at = clock_timestamp()
  where s.message_id = stream.message_id;
  if fresh <> '' then
    insert into app_hidden.streaming_parts (message_id, start_offset, workspace_id, content)
    values (stream.message_id, stream.length, stream.workspace_id, fresh);
  end if;
  return stream.length + char_length(fresh);
end
$$;
comment on function app_public.append_to_message(uuid, text, integer) is
  'Adds a piece of text to an answer that is STREAMING. A retry adds nothing twice. Returns the length that is stored. Errors: CQ101, CQ109, CQ200, CQ204 no such message, CQ222, CQ811 another length or another text is stored, CQ812 it has ended, CQ813 somebody else writes it.
@arg text The piece; an empty one is a sign of life.
@arg at The characters before it, which the call before returned: 0 for the first.';
grant execute on function app_public.append_to_message(uuid, text, integer) to colloquy_user, colloquy_admin;
