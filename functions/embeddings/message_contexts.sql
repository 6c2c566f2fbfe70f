-- What stands around a message, so that it is found with it: "Yes, last week!" answers a question that is in the message before.
-- Its words count less than its own (weights C and D), with who spoke and when among the nearer ones; and its vector is made
-- with the end of the message before it. Neighbours are those on the same branch, never a branch that was left, and never
-- another conversation.
--
-- A vector is made with what came before alone: that never changes, so a vector that was paid for is never made again when
-- a message follows, or another branch is chosen. It finds as much as one made with what follows too (measured:
-- docs/decisions/message-context.md). What follows counts by its words, which cost nothing but a row.
--
-- next: what follows, which stands with the last passage of a message alone, so that a new message touches no more than that
create or replace function app_private.message_contexts(conversation app_public.conversations, message_ids uuid[], language text)
returns table (message_id uuid, neighbour_ids uuid[], lead_in text, near text, next_near text, far text, next_far text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    m.id,
    array_remove(array[n.before_1, n.before_2, n.after_1, n.after_2], null),
    nullif(concat_ws(E'\n', app_private.end_of(before_1.content, 160), app_private.named_speaker(m.metadata) || ':'), ''),
    concat_ws(
      E'\n',
      concat_ws(' ', coalesce(app_private.named_speaker(m.metadata), left(account.name, 255)), m.role),
      app_private.date_words(uuid_extract_timestamp(m.id), language),
      app_private.end_of(before_1.content, 400)
    ),
    app_private.beginning_of(after_1.content, 400),
    app_private.end_of(before_2.content, 300),
    app_private.beginning_of(after_2.content, 300)
  from app_private.message_neighbours(conversation, message_ids) as n
  join app_public.messages m on m.conversation_id = conversation.id and m.id = n.message_id
  left join app_public.messages before_1 on before_1.conversation_id = conversation.id and before_1.id = n.before_1
  left join app_public.messages before_2 on before_2.conversation_id = conversation.id and before_2.id = n.before_2
  left join app_public.messages after_1 on after_1.conversation_id = conversation.id and after_1.id = n.after_1
  left join app_public.messages after_2 on after_2.conversation_id = conversation.id and after_2.id = n.after_2
  left join lateral (
    select app_private.account_name(u) as name from app_public.users u where u.id = m.author_id
  ) as account on true;
$$;
comment on function app_private.message_contexts(app_public.conversations, uuid[], text) is
  'What stands around messages of a conversation that is not packed: before (near, far) and after them (next_near, next_far), and what their vectors are made with (lead_in).';
