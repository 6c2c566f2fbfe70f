-- What somebody who has seen a conversation up to a place has not seen yet: the messages after it, and how the answers went on that were
-- being written then. Runs with the caller's rights. A place is a sequence number: ids may come from clients, and numbers are given one
-- after the other under the lock of the conversation, so that none shows up below one that was seen.
-- The first row has no message: its number is the place after what follows. Texts are bounded together; the rest is behind that place.
-- after: null for nobody who has seen anything; then only what is being written is told, as a whole.
-- open: [{"id": …, "length": 12, "digest": …}], the answers that were being written, the characters of them that were seen, and
-- their SHA-256: where an answer ended with another text, it is told as a whole.
create or replace function app_hidden.message_changes(conversation_id uuid, after integer, open jsonb default '[]', max_messages integer default 100)
returns table (message_id uuid, sequence_number integer, status app_public.message_status, start integer, content text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  seen app_public.conversations;
  missing integer;
begin
  perform app_hidden.require_member();
  select c.* into seen from app_public.conversations c where c.id = message_changes.conversation_id;
  if seen.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'It may have been deleted, or taken back from the workspace.';
  end if;
  missing := greatest(seen.last_sequence_number - coalesce(after, seen.last_sequence_number), 0);
  return query
  with newest as materialized (
    -- ids of clients may be older than others: somewhat more than is missing
    select p.id, p.sequence_number, p.status, p.content
    from app_hidden.message_page(seen.id, null, null, case when after is null then 100 else missing + 20 end, true) as p
    where missing > 0 or after is null
  ),
  fresh as materialized (
    select n.* from newest n where n.sequence_number > after or after is null and n.status = 'streaming'
    union all
    -- they are older than that
    select p.id, p.sequence_number, p.status, p.content
    from app_hidden.message_page(seen.id, null, null, seen.last_sequence_number, true) as p
    where (select count(*) from newest n where n.sequence_number > after) < missing
      and p.sequence_number > after and p.id not in (select n.id from newest n)
  ),
  told as materialized (
    select f.id, f.sequence_number, f.status,
      case when f.status = 'streaming' then coalesce(app_hidden.streamed_text(f.id, 0), f.content) else f.content end as content
    from (
      select x.*, sum(char_length(x.content)) over (order by x.sequence_number rows between unbounded preceding and 1 preceding) as before_it
      from (select y.* from fresh y order by y.sequence_number limit max_messages) as x
    ) as f
    where coalesce(f.before_it, 0) < 262144
  )
  select null::uuid,
    case when (select count(*) from told) < (select count(*) from fresh) then (select max(t.sequence_number) from told t) else seen.last_sequence_number end,
    null::app_public.message_status, null::integer, null::text
  union all
  select t.id, t.sequence_number, t.status, 0, t.content from told t
  union all
  select m.id, m.sequence_number, m.status, case when k.is_kept then o.length else 0 end,
    case
      when m.status = 'streaming' then coalesce(app_hidden.streamed_text(m.id, o.length), '')
      when k.is_kept then substr(m.content, o.length + 1)
      else m.content
    end
  from jsonb_to_recordset(open) as o (id uuid, length integer, digest text)
  cross join lateral app_hidden.find_message(o.id) as m
  cross join lateral (
    select m.status = 'streaming' or encode(sha256(convert_to(left(m.content, o.length), 'UTF8')), 'hex') = o.digest as is_kept
  ) as k
  where m.conversation_id = seen.id;
end
$$;
comment on function app_hidden.message_changes(uuid, integer, jsonb, integer) is
  'The messages of a conversation after a place, and how open answers went on. Errors: CQ101, CQ110 API key without "read", CQ204 no such conversation.';
grant execute on function app_hidden.message_changes(uuid, integer, jsonb, integer) to colloquy_user, colloquy_admin;
