-- A quota of storage for one workspace, instead of what the settings say. It may be below what is there: then nothing is deleted, and
-- nothing more is stored. Security definer: the table is closed.
create or replace function app_public.set_workspace_quota(workspace_id uuid, storage_mb bigint default null, row_limit bigint default null)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_installation_session();
  if storage_mb not between 0 and 1000000000 or row_limit not between 0 and 1000000000000 then
    raise exception 'A quota is from 0 on, and not so large.' using errcode = 'CQ200', hint = 'Leave out what is as the settings say.';
  elsif not exists (select from app_public.workspaces w where w.id = set_workspace_quota.workspace_id) then
    raise exception 'There is no such workspace.' using errcode = 'CQ204', hint = 'installationUsage lists them.';
  end if;
  insert into app_private.workspace_quotas as q (workspace_id, storage_bytes, row_limit)
  values (set_workspace_quota.workspace_id, storage_mb * 1024 * 1024, set_workspace_quota.row_limit)
  on conflict on constraint workspace_quotas_pkey do update set storage_bytes = excluded.storage_bytes, row_limit = excluded.row_limit;
  perform app_private.log_event(
    'account.workspace_quota_set', app_hidden.current_user_id(), entity_type => 'account', entity_id => set_workspace_quota.workspace_id,
    new_values => jsonb_build_object('storage_mb', storage_mb, 'row_limit', set_workspace_quota.row_limit)
  );
  return true;
end
$$;
comment on function app_public.set_workspace_quota(uuid, bigint, bigint) is
  'Sets what a workspace may store; what is left out is as the settings say. Errors: CQ101 not signed in, CQ110 not with an API key, CQ121 not an administrator, CQ142 prove who you are first, CQ200 unusable argument, CQ204 no such workspace.';
grant execute on function app_public.set_workspace_quota(uuid, bigint, bigint) to colloquy_admin;
