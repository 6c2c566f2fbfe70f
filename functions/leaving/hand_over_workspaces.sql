-- A workspace that others work in keeps an owner. Refuses with the list of those that would have none, unless somebody takes them over.
create or replace function app_private.hand_over_workspaces(of_person uuid, to_person uuid default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  orphan record;
  left_over text[] := array[]::text[];
begin
  for orphan in
    select w.id, w.name
    from app_public.workspace_members m
    join app_public.workspaces w on w.id = m.workspace_id
    where m.user_id = of_person and m.role = 'owner'
      and exists (select from app_public.workspace_members o where o.workspace_id = m.workspace_id and o.user_id <> of_person)
      and not exists (
        select from app_public.workspace_members o where o.workspace_id = m.workspace_id and o.user_id <> of_person and o.role = 'owner'
      )
    order by w.id
    for update of w
  loop
    update app_public.workspace_members m set role = 'owner' where m.workspace_id = orphan.id and m.user_id = to_person;
    if not found then
      left_over := left_over || format('%s (%s)', orphan.name, orphan.id);
    end if;
  end loop;
  if cardinality(left_over) > 0 then
    raise exception 'This account is the only owner of: %.', array_to_string(left_over, ', ')
      using errcode = 'CQ761', hint = 'Make another member an owner first (transferOwnership), or delete the workspace (deleteWorkspace).';
  end if;
end
$$;
comment on function app_private.hand_over_workspaces(uuid, uuid) is
  'Makes a member the owner of the workspaces that a person alone owns, and others are members of. Raises CQ761 with those that would have no owner.';
