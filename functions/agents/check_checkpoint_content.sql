-- What a serializer wrote, as the tables take it: as much as comes in one request.
create or replace function app_private.check_checkpoint_content(type text, content bytea)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if check_checkpoint_content.content is null or coalesce(char_length(check_checkpoint_content.type), 0) not between 1 and 50 then
    raise exception 'type has 1 to 50 characters, and content is needed.' using errcode = 'CQ200', hint = 'They are what the serializer of LangGraph gives.';
  elsif octet_length(check_checkpoint_content.content) > 3000000 then
    raise exception 'A checkpoint or a write has 3,000,000 bytes at most; this one has %.', octet_length(check_checkpoint_content.content)
      using errcode = 'CQ850', hint = 'Keep documents and files outside of the state, and their ids in it.';
  end if;
end
$$;
comment on function app_private.check_checkpoint_content(text, bytea) is 'Raises CQ200 or CQ850 for what is no content of a checkpoint.';
-- Deliberately not granted: functions/agents call it.
