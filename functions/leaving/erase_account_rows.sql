-- What is by the person about things of others, or about the person: feedback, readings, activity, samples of searches, memberships. What
-- the workspace has made of it stays without a name: its configurations, holds and invitations.
create or replace function app_private.erase_account_rows(erasure app_hidden.pending_erasures, max_rows integer)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  gone bigint;
begin
  delete from app_public.message_feedback f
  where f.id in (select s.id from app_public.message_feedback s where s.user_id = erasure.user_id limit max_rows);
  get diagnostics gone = row_count;
  if gone > 0 then
    return jsonb_build_object('message_feedback', gone);
  end if;
  delete from app_hidden.user_activity a
  where (a.conversation_id, a.day) in (
    select s.conversation_id, s.day from app_hidden.user_activity s where s.user_id = erasure.user_id limit max_rows
  ) and a.user_id = erasure.user_id;
  get diagnostics gone = row_count;
  if gone > 0 then
    return jsonb_build_object('user_activity', gone);
  end if;
  delete from app_public.conversation_reads r where r.user_id = erasure.user_id;
  delete from app_public.conversation_shares s where s.created_by = erasure.user_id;
  delete from app_public.usage_reservations r where r.user_id = erasure.user_id;
  update app_public.rag_configuration_versions v
  set replaced_by = case when v.replaced_by <> erasure.user_id then v.replaced_by end, old_values = v.old_values - 'created_by'
  where v.replaced_by = erasure.user_id or v.old_values ->> 'created_by' = erasure.user_id::text;
  delete from app_hidden.rate_limits l where strpos(l.key, erasure.user_id::text) > 0;
  delete from app_hidden.maintenance_runs r
  where strpos(r.details::text, erasure.user_id::text) > 0 or strpos(r.error, erasure.user_id::text) > 0
    or strpos(r.details::text, erasure.subject ->> 'email') > 0 or strpos(r.error, erasure.subject ->> 'email') > 0;
  delete from app_private.sign_in_failures f
  where f.counter = any (app_private.sign_in_counters(erasure.user_id, erasure.subject ->> 'email'));
  -- with its keys, the samples of its searches and its budgets
  delete from app_public.workspace_members m where m.user_id = erasure.user_id;
  get diagnostics gone = row_count;
  return case when gone > 0 then jsonb_build_object('workspace_members', gone) end;
end
$$;
comment on function app_private.erase_account_rows(app_hidden.pending_erasures, integer) is 'Removes what a person said about things of others, and its memberships.';
