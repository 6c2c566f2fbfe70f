-- What drops a partition, or moves it out of the database, calls this first, since no trigger sees it: a partition with one row that is held
-- stays whole. It waits for holds that are being placed, and holds up others until the transaction ends.
create or replace function app_private.require_unheld_partition(partition regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  root constant regclass := pg_partition_root(partition);
  hold app_public.legal_holds;
begin
  if app_private.lock_held_workspace(null) then
    if root = 'app_public.audit_logs'::regclass then
      execute format(
        'select h.* from app_public.legal_holds h where h.released_at is null and (h.kind is null or h.kind = %L) and exists (
           select from %s r where r.workspace_id = h.workspace_id and (h.user_id is null or h.user_id = r.user_id)
             and (h.conversation_id is null or h.conversation_id = r.entity_id) and (h.document_id is null or h.document_id = r.entity_id)
         ) limit 1',
        'audit_logs', partition
      ) into hold;
    else
      execute app_private.hold_query(root, partition::text) into hold;
    end if;
    if hold.id is not null then
      perform app_private.refuse_held(hold);
    end if;
  end if;
end
$$;
comment on function app_private.require_unheld_partition(regclass) is 'Raises CQ120 when a partition has a row that a legal hold keeps. Whatever drops or takes away a partition calls it first, in the same transaction.';
-- Deliberately not granted: functions that drop partitions call it.
