-- The messages of a conversation, in partitions and packed, are as many as its row has counted: a partition that is not there, or rows
-- that were lost from one, show here.
with live as (
  select m.conversation_id, count(*) as messages, max(m.sequence_number) as last_number
  from app_public.messages m
  group by m.conversation_id
)
select
  'message_counts' as name,
  'error' as severity,
  format('conversation %s', c.id) as subject,
  format('It has counted %s messages; there are %s, and %s are packed.', c.message_count, coalesce(l.messages, 0), coalesce(a.message_count, 0)) as detail,
  'Restore to another moment, or bring the conversation back from another set.' as remedy,
  'docs/operations/restore.md#message_counts' as runbook
from app_public.conversations c
left join live l on l.conversation_id = c.id
left join app_hidden.conversation_archives a on a.conversation_id = c.id
where c.message_count <> coalesce(l.messages, 0) + coalesce(a.message_count, 0) or l.last_number > c.last_sequence_number
order by subject
limit 100;
