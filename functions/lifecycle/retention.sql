-- How long things are kept. Precedence: a legal hold, then the workspace's own policy, then the one for the whole system;
-- without any, forever. Whatever deletes by age asks effective_retention and nothing else.
create or replace function app_hidden.effective_retention(for_kind app_public.retention_kind, for_workspace uuid)
returns app_public.effective_retention
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  policy app_public.retention_policies;
begin
  if app_private.is_held(for_workspace, for_kind) then
    return row(for_kind, null, 'hold')::app_public.effective_retention;
  end if;
  select p.* into policy
  from app_public.retention_policies p
  where p.kind = for_kind and (p.workspace_id = for_workspace or p.workspace_id is null)
  order by p.workspace_id nulls last
  limit 1;
  return row(
    for_kind, policy.keep_days,
    case when policy.id is null then 'nothing' when policy.workspace_id is null then 'system' else 'workspace' end
  )::app_public.effective_retention;
end
$$;
comment on function app_hidden.effective_retention(app_public.retention_kind, uuid) is 'How long a kind of thing is kept in a workspace, and what decides it: hold, workspace, system or nothing.';
grant execute on function app_hidden.effective_retention(app_public.retention_kind, uuid) to colloquy_worker;

create or replace function app_public.set_retention_policy(kind app_public.retention_kind, keep_days integer)
returns app_public.retention_policies
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.retention_policies;
begin
  perform app_private.require_manager();
  if set_retention_policy.kind is null or set_retention_policy.keep_days not between 1 and 36500 then
    raise exception 'keepDays is 1 to 36,500, or null for ever, and kind is needed.' using errcode = 'CQ200', hint = 'Send whole days.';
  end if;
  insert into app_public.retention_policies as p (workspace_id, kind, keep_days)
  values (app_hidden.current_workspace_id(), set_retention_policy.kind, set_retention_policy.keep_days)
  on conflict (workspace_id, kind) do update set keep_days = excluded.keep_days, updated_at = clock_timestamp()
  returning p.* into result;
  return result;
end
$$;
comment on function app_public.set_retention_policy(app_public.retention_kind, integer) is
  'Says how many days this workspace keeps a kind of thing; null means forever. It comes before the policy of the whole system, and after a legal hold. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.set_retention_policy(app_public.retention_kind, integer) to colloquy_user, colloquy_admin;

create or replace function app_public.place_legal_hold(reason text, kind app_public.retention_kind default null)
returns app_public.legal_holds
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.legal_holds;
begin
  perform app_private.require_manager();
  if coalesce(char_length(trim(place_legal_hold.reason)), 0) not between 1 and 2000 then
    raise exception 'A hold has a reason of 1 to 2,000 characters.' using errcode = 'CQ200', hint = 'Say why.';
  end if;
  perform app_private.lock_holds(app_hidden.current_workspace_id(), for_placing => true);
  insert into app_public.legal_holds (workspace_id, kind, reason, placed_by)
  values (app_hidden.current_workspace_id(), place_legal_hold.kind, trim(place_legal_hold.reason), app_hidden.current_user_id())
  returning * into result;
  return result;
end
$$;
comment on function app_public.place_legal_hold(text, app_public.retention_kind) is
  'Keeps retention from deleting anything of a kind, or anything at all, in this workspace. Errors: CQ101 not signed in, CQ109 read-only, CQ200 no reason, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.place_legal_hold(text, app_public.retention_kind) to colloquy_user, colloquy_admin;

create or replace function app_public.release_legal_hold(id uuid)
returns app_public.legal_holds
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.legal_holds;
begin
  perform app_private.require_manager();
  update app_public.legal_holds h
  set released_at = clock_timestamp(), released_by = app_hidden.current_user_id()
  where h.id = release_legal_hold.id and h.workspace_id = app_hidden.current_workspace_id() and h.released_at is null
  returning * into result;
  if result.id is null then
    raise exception 'There is no such hold.' using errcode = 'CQ204', hint = 'It may be released already.';
  end if;
  return result;
end
$$;
comment on function app_public.release_legal_hold(uuid) is
  'Releases a legal hold; it stays on record. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such hold, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.release_legal_hold(uuid) to colloquy_user, colloquy_admin;
