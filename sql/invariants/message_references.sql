-- What points at a message without a foreign key points at one that is there, in a partition or packed: feedback, citations, tool calls.
with pointed as (
  select 'feedback' as what, f.conversation_id, f.message_id from app_public.message_feedback f
  union all
  select 'a citation', c.conversation_id, c.message_id from app_public.message_chunks c
  union all
  select 'a tool call', t.conversation_id, t.message_id from app_public.tool_calls t
)
select
  'message_references' as name,
  'error' as severity,
  format('message %s', p.message_id) as subject,
  format('There is %s for it, and it is neither in its conversation %s nor packed.', min(p.what), p.conversation_id) as detail,
  'Restore to another moment, or bring the conversation back from another set.' as remedy,
  'docs/operations/restore.md#message_references' as runbook
from pointed p
where not exists (select from app_public.messages m where m.id = p.message_id and m.conversation_id = p.conversation_id)
  and not exists (
    select from app_hidden.conversation_archives a where a.conversation_id = p.conversation_id and p.message_id = any (a.message_ids)
  )
group by p.message_id, p.conversation_id
order by subject
limit 100;
