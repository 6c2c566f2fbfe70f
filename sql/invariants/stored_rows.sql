-- What a workspace has counted for its quota is what it has: documents, memories, events, files, states of agents and messages, packed ones too.
with found as (
  select x.workspace_id, sum(x.number) as number
  from (
    select d.workspace_id, count(*) as number from app_public.documents d group by 1
    union all
    select i.workspace_id, count(*) from app_public.memory_items i group by 1
    union all
    select e.workspace_id, count(*) from app_public.raw_events e group by 1
    union all
    select f.workspace_id, count(*) from app_public.files f group by 1
    union all
    select c.workspace_id, count(*) from app_hidden.agent_checkpoints c group by 1
    union all
    select w.workspace_id, count(*) from app_hidden.agent_checkpoint_writes w group by 1
    union all
    select m.workspace_id, count(*) from app_public.messages m group by 1
    union all
    select p.workspace_id, sum(p.row_count) from app_hidden.conversation_archive_parts p where p.packed = 'app_public.messages'::regclass group by 1
  ) as x
  group by x.workspace_id
),
counted as (
  select s.workspace_id, sum(s.row_count) as number from app_private.workspace_storage s group by s.workspace_id
)
select
  'stored_rows' as name,
  'error' as severity,
  format('workspace %s', workspace_id) as subject,
  format('%s rows are counted, and there are %s.', coalesce(c.number, 0), coalesce(f.number, 0)) as detail,
  'Restore to another moment: rows are missing, or came twice.' as remedy,
  'docs/operations/restore.md#stored_rows' as runbook
from counted c
full join found f using (workspace_id)
where coalesce(c.number, 0) <> coalesce(f.number, 0)
order by subject
limit 100;
