-- That an owner remains is seen to here, for a clear error at once, and again by the trigger keep_an_owner, whatever writes.
create or replace function app_private.require_other_owner(leaving app_public.workspace_members)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if leaving.role = 'owner' and not exists (
    select from app_public.workspace_members m
    where m.workspace_id = leaving.workspace_id and m.role = 'owner' and m.user_id <> leaving.user_id
  ) then
    raise exception 'A workspace keeps at least one owner.' using errcode = 'CQ111', hint = 'Make somebody else an owner first: transferOwnership.';
  end if;
end
$$;
comment on function app_private.require_other_owner(app_public.workspace_members) is 'Raises CQ111 when a member is the only owner.';
