-- Invitations that were accepted or expired long ago. A legal hold on everything keeps them. What happened stays in the
-- audit log.
create or replace function app_hidden.delete_ended_invitations(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  candidate uuid;
  gone integer;
  total integer := 0;
  kept_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('invitation_keep_days')::integer);
begin
  perform app_private.require_batch(max_rows);
  for candidate in
    select distinct e.workspace_id
    from (
      select i.workspace_id
      from app_public.workspace_invitations i
      where coalesce(i.accepted_at, i.expires_at) <= kept_since
        and not app_private.is_held(i.workspace_id, null)
      order by coalesce(i.accepted_at, i.expires_at)
      limit max_rows
    ) as e
    order by e.workspace_id
  loop
    perform app_private.lock_holds(candidate);
    continue when app_private.is_held(candidate, null);
    delete from app_public.workspace_invitations i
    where i.id in (
      select e.id
      from app_public.workspace_invitations e
      where e.workspace_id = candidate and coalesce(e.accepted_at, e.expires_at) <= kept_since
      order by coalesce(e.accepted_at, e.expires_at) limit max_rows - total for update skip locked
    );
    get diagnostics gone = row_count;
    total := total + gone;
  end loop;
  return total;
end
$$;
comment on function app_hidden.delete_ended_invitations(integer) is 'Removes invitations that were accepted or expired long ago (invitation_keep_days), at most so many. Returns how many. For the job.';
grant execute on function app_hidden.delete_ended_invitations(integer) to colloquy_worker;
