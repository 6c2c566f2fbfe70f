-- What the triggers that keep ask first: whether there is any hold in the workspace, or with null in any, behind lock_holds. A transaction that sees one moment
-- of the database only would not see a hold that was placed since, so it deletes nothing.
create or replace function app_private.lock_held_workspace(workspace uuid)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    raise exception 'What a legal hold may keep is deleted and changed with the isolation level read committed only.'
      using errcode = 'CQ711', hint = 'Begin the transaction without an isolation level.';
  end if;
  perform app_private.lock_holds(workspace);
  return exists (select from app_public.legal_holds h where (h.workspace_id = workspace or workspace is null) and h.released_at is null);
end
$$;
comment on function app_private.lock_held_workspace(uuid) is 'Whether a workspace, or with null any, has a legal hold; none is placed until the transaction ends. Raises CQ711 for other isolation levels than read committed.';
-- Deliberately not granted: the triggers that keep call it.
