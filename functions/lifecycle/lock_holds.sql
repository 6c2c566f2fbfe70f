-- A legal hold and a deletion never pass each other: who deletes holds this lock shared and then looks for holds, who places
-- one holds it alone. So a hold that was placed is seen, and a deletion that was faster is over. Both take it before any row
-- of the tenant is locked, so that they never wait for each other in a circle.
create or replace function app_private.lock_holds(for_workspace uuid, for_placing boolean default false)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if for_placing then
    perform pg_advisory_xact_lock(hashtextextended(for_workspace::text, 120));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended(for_workspace::text, 120));
  end if;
end
$$;
comment on function app_private.lock_holds(uuid, boolean) is 'Keeps legal holds of a workspace from being placed until the transaction ends; with for_placing, deletions from being begun.';
