-- Refuses an import whose messages cannot be kept: before anything is written, and with the name of the conversation.
create or replace function app_private.check_imported_messages(source text, imported app_private.imported_message[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  months integer;
begin
  if exists (
    select from unnest(imported) as m
    where m.external_id is null or char_length(m.external_id) > 190 or m.role is null or m.content is null or m.written_at is null
      or m.written_at < '1970-01-02T00:00:00Z' or m.written_at > clock_timestamp() + interval '5 minutes'
  ) or (select count(*) <> count(distinct m.external_id) from unnest(imported) as m) then
    raise exception 'The conversation "%" has a message without externalId (at most 190 characters), role, content or a time between 1970 and now, or one twice.', source
      using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  months := (select count(distinct date_trunc('month', m.written_at at time zone 'UTC')) from unnest(imported) as m);
  if months > app_hidden.setting('import_max_months')::integer then
    raise exception 'The messages of an import are spread over at most % months; those of "%" over %.', app_hidden.setting('import_max_months'), source, months
      using errcode = 'CQ207', hint = 'Split it into conversations of their own.';
  end if;
  if exists (
    select from unnest(imported) as m
    where jsonb_typeof(m.attachments) <> 'array' or jsonb_typeof(m.tool_calls) <> 'array' or jsonb_typeof(m.feedback) <> 'object'
  ) then
    raise exception 'The conversation "%" has a message whose attachments or toolCalls are no array, or whose feedback is no object.', source
      using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  -- one aggregate, not exists(): expecting an early hit, the planner compared each with each
  if (
    select bool_or(p.id is null or p.id >= m.id)
    from unnest(imported) as m
    left join unnest(imported) as p on p.external_id = m.parent_external_id
    where m.parent_external_id is not null
  ) then
    raise exception 'The conversation "%" has a message whose parent is missing or not older than itself.', source
      using errcode = 'CQ200', hint = 'Give each child a later time than its parent, or leave parentExternalId out.';
  end if;
end
$$;
comment on function app_private.check_imported_messages(text, app_private.imported_message[]) is
  'Raises CQ200 for a message that lacks what it needs, has a time out of bounds, comes twice, or whose parent is missing or not older; CQ207 for too many months.';
-- Deliberately not granted: app_public.import_conversation calls it.
