-- Counts a reading of a link. A reading never waits for another one, so of several at the same moment one is counted; and the first
-- of each link and day is in the audit log, so that visitors cannot flood it. Volatile, and called by a function that is not: what a
-- visitor reads is a query.
create or replace function app_private.note_link_read(link_id uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  link app_public.conversation_shares;
begin
  if current_setting('transaction_read_only') = 'on' then
    return;
  end if;
  select s.* into link from app_public.conversation_shares s where s.id = link_id for no key update skip locked;
  if link.id is null then
    return;
  end if;
  update app_public.conversation_shares s
  set read_count = s.read_count + 1, last_read_at = clock_timestamp()
  where s.id = link.id;
  if link.last_read_at is null or date_trunc('day', link.last_read_at, 'UTC') < date_trunc('day', clock_timestamp(), 'UTC') then
    perform app_private.log_event(
      'conversation_share.read', app_hidden.current_user_id(), link.workspace_id, 'conversation_share', link.id
    );
  end if;
end
$$;
comment on function app_private.note_link_read(uuid) is 'Counts a reading of a link, and writes the first of a day into the audit log.';
