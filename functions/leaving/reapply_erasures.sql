-- Begins the erasure of everybody who is back. Workspaces that would have no owner get their longest member; a legal hold of the copy
-- is one that was released before the person was erased, and is said. The rest is done by erase_some.
create or replace function app_hidden.reapply_erasures()
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  returned record;
  heir uuid;
  begun integer := 0;
begin
  perform app_private.require_administrator();
  for returned in select r.user_id from app_hidden.erasures_to_reapply() as r loop
    select m.user_id into heir
    from app_public.workspace_members o
    join app_public.workspace_members m on m.workspace_id = o.workspace_id and m.user_id <> o.user_id
    where o.user_id = returned.user_id and o.role = 'owner'
    order by m.role, m.joined_at
    limit 1;
    -- whoever administers the copy now was asked when the person was erased
    update app_public.users u set role = 'user' where u.id = returned.user_id and u.role = 'admin';
    perform app_private.begin_erasure(returned.user_id, 'again, in a copy of an older moment', heir);
    begun := begun + 1;
  end loop;
  return begun;
end
$$;
comment on function app_hidden.reapply_erasures() is
  'Begins to erase people again who are back in this copy; returns how many. Raises CQ762 under a legal hold.';
-- Deliberately not granted: the owner's login calls it.
