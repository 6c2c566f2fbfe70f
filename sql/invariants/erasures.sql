-- What was erased on request stays erased in a copy of an older moment: none of the certificates of the copy may have its person still
-- there (app_hidden.erasures_to_reapply()). A copy of a release before there were certificates has nothing to look at.
create function pg_temp.erasures_left()
returns bigint
language plpgsql
as $$
declare
  left_over bigint := 0;
begin
  if pg_catalog.to_regprocedure('app_hidden.erasures_to_reapply()') is not null then
    execute 'select count(*) from app_hidden.erasures_to_reapply()' into left_over;
  end if;
  return left_over;
end
$$;

select
  'erasures' as name,
  'error' as severity,
  'erasures' as subject,
  format('%s erasures are not applied to this copy.', left_over) as detail,
  'npm run ops -- erasures apply, before the copy is adopted.' as remedy,
  'docs/operations/restore.md#erasures' as runbook
from pg_temp.erasures_left() as left_over
where left_over > 0;
