-- Behind lock_holds, so that a hold that was placed is seen. Any kind counts: a person is erased whole or not at all.
create or replace function app_private.hold_of_workspaces(of_workspaces uuid[])
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid;
begin
  -- in the order of their ids, so that two erasures never wait for each other in a circle
  foreach workspace in array of_workspaces loop
    perform app_private.lock_holds(workspace);
  end loop;
  return (
    select format('%s: %s', w.name, h.reason)
    from app_public.legal_holds h
    join app_public.workspaces w on w.id = h.workspace_id
    where h.workspace_id = any (of_workspaces) and h.released_at is null
    order by h.id
    limit 1
  );
end
$$;
comment on function app_private.hold_of_workspaces(uuid[]) is 'The workspace and the reason of a legal hold on any of these; null without one. Keeps others from being placed until the transaction ends.';
