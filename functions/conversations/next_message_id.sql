-- A new id that sorts after every message of the conversation, also when the clock went back or two messages fall into
-- one millisecond of two sessions: then the millisecond after the last one is taken.
create or replace function app_private.next_message_id(after_id uuid)
returns uuid
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  select case when fresh.id > after_id then fresh.id else app_hidden.uuidv7_at(uuid_extract_timestamp(after_id) + interval '1 millisecond') end
  from (select uuidv7() as id) as fresh;
$$;
comment on function app_private.next_message_id(uuid) is 'A UUID version 7, now or later, that is greater than the given one.';
