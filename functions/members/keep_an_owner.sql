-- A workspace that has members has an owner. Asked at the end of the transaction, so that ownership can be handed over in
-- any order. The workspace's row is written, although with what it holds: of two owners that leave at once the second
-- waits for the first and then sees that it is the last, or, in a transaction that looks at an older state, has to try again.
-- An account that is erased may leave an empty workspace behind.
create or replace function app_hidden.keep_an_owner()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.workspaces w set is_personal = w.is_personal where w.id = old.workspace_id;
  if not found then
    return null;
  end if;
  if exists (select from app_public.workspace_members m where m.workspace_id = old.workspace_id and m.role = 'owner') then
    return null;
  end if;
  if exists (select from app_public.workspace_members m where m.workspace_id = old.workspace_id)
    or exists (select from app_public.users u where u.id = old.user_id)
  then
    raise exception 'A workspace keeps at least one owner.' using errcode = 'CQ111', hint = 'Make somebody else an owner first: transferOwnership.';
  end if;
  return null;
end
$$;
comment on function app_hidden.keep_an_owner() is 'Trigger: refuses the transaction that takes the last owner from a workspace. Raises CQ111.';

drop trigger if exists workspace_members_80_keep_an_owner on app_public.workspace_members;
create constraint trigger workspace_members_80_keep_an_owner
after delete or update of role, workspace_id, user_id
on app_public.workspace_members
deferrable initially deferred
for each row when (old.role = 'owner') execute function app_hidden.keep_an_owner();
