-- A legal hold and a deletion never pass each other: who deletes holds this lock shared and then looks for holds, who places
-- one holds it alone. So a hold that was placed is seen, and a deletion that was faster is over. Jobs take it before any row
-- of the tenant is locked, so that they never wait for each other in a circle.
--
-- What deletes without knowing of whom, or of very many, keeps holds of all workspaces away with one lock of its own: who places one takes
-- it too, shared, and first. No lock of a table, which would hold up those who read holds.
create or replace function app_private.lock_holds(for_workspace uuid, for_placing boolean default false)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  of_all constant bigint := hashtextextended('app_private.lock_holds', 120);
begin
  if for_workspace is null then
    perform pg_advisory_xact_lock(of_all);
  elsif for_placing then
    perform pg_advisory_xact_lock_shared(of_all);
    perform pg_advisory_xact_lock(hashtextextended(for_workspace::text, 120));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended(for_workspace::text, 120));
  end if;
end
$$;
comment on function app_private.lock_holds(uuid, boolean) is
  'Keeps legal holds of a workspace, or with null of all, from being placed until the transaction ends; with for_placing, deletions from being begun.';
