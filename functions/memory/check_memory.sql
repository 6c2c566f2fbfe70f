-- Refuses what cannot be remembered, before anything is looked up.
create or replace function app_private.check_memory(
  fact text, about text, weight real, expires_at timestamptz, source_type app_public.memory_source_type, source_id uuid
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if fact is null or char_length(fact) > 10000 then
    raise exception 'A memory has 1 to 10,000 characters; this one has %.', coalesce(char_length(fact), 0)
      using errcode = 'CQ200', hint = 'Put long texts into documents.';
  end if;
  if char_length(about) > 200 then
    raise exception 'A subject has at most 200 characters; this one has %.', char_length(about) using errcode = 'CQ200', hint = 'Name it shortly.';
  end if;
  if weight not between 0 and 1 then
    raise exception 'importance is 0 to 1, not %.', weight using errcode = 'CQ200', column = 'importance', hint = 'Leave it out for 0.5.';
  end if;
  if check_memory.expires_at <= now() then
    raise exception 'expiresAt lies in the past.' using errcode = 'CQ200', column = 'expires_at', hint = 'Leave it out for a memory that stays.';
  end if;
  if (check_memory.source_type = 'manual') <> (check_memory.source_id is null) then
    raise exception 'A memory has a sourceId exactly when its sourceType is not MANUAL.' using errcode = 'CQ200', column = 'source_id', hint = 'Send both or none.';
  end if;
end
$$;
comment on function app_private.check_memory(text, text, real, timestamptz, app_public.memory_source_type, uuid) is
  'Raises CQ200 for a text or subject that is too long, an importance out of 0 to 1, a time that has passed, or a source without its kind.';
-- Deliberately not granted: app_public.remember calls it.
