-- The row of the account goes when nothing else is left: it is locked, so nothing that names it can be written any more. What a request
-- wrote that was begun before the account was closed is looked for here, and taken by another round.
create or replace function app_private.erase_person(erasure app_hidden.pending_erasures)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  left_in uuid[];
begin
  perform from app_public.users u where u.id = erasure.user_id for update;
  left_in := app_private.workspaces_of_person(erasure.user_id);
  if cardinality(left_in) > 0 then
    update app_hidden.pending_erasures p
    set step = 'archives', progress = '{}', workspaces = array(select distinct w from unnest(p.workspaces || left_in) as w order by w)
    where p.id = erasure.id;
    return jsonb '{}';
  end if;
  -- also what its end was to be told to others
  delete from app_public.webhook_deliveries d where strpos(d.facts::text, erasure.user_id::text) > 0;
  delete from app_public.users u where u.id = erasure.user_id;
  return case when found then '{"users": 1}'::jsonb end;
end
$$;
comment on function app_private.erase_person(app_hidden.pending_erasures) is 'Removes the row of an account when nothing else is left; otherwise has the erasure begin again.';
