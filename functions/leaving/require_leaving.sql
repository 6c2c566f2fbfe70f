-- Whether a person may be erased now. Asked when it is wished, and again when the time of grace is over. The caller has locked the row of
-- the account.
create or replace function app_private.require_leaving(account app_public.users, hand_over_to uuid default null)
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  workspaces uuid[];
  held_by text;
begin
  if account.role = 'admin' then
    perform app_private.keep_an_administrator(account.id);
  end if;
  workspaces := app_private.workspaces_of_person(account.id);
  held_by := app_private.hold_of_workspaces(workspaces, account.id);
  if held_by is not null then
    raise exception 'A legal hold keeps what this person has. %', held_by
      using errcode = 'CQ762', hint = 'Whoever placed it has to release it first: releaseLegalHold.';
  end if;
  if app_private.move_of_workspaces(workspaces) is not null then
    raise exception '%', app_private.move_of_workspaces(workspaces)
      using errcode = 'CQ793', hint = 'Try again when it is open here again, or gone; where it went, ask there, too.';
  end if;
  perform app_private.hand_over_workspaces(account.id, hand_over_to);
  return workspaces;
end
$$;
comment on function app_private.require_leaving(app_public.users, uuid) is
  'The workspaces in which a person has something. Raises CQ160 the last administrator, CQ761 the only owner of workspaces, CQ762 a legal hold, CQ793 a workspace moves.';
-- Deliberately not granted: begin_erasure calls it.
