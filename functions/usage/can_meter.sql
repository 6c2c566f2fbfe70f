-- Who is believed about what was used: owners and admins, and the keys of theirs that have the scope for it. Members are bound
-- by budgets, so what they report is bound by what they reserved.
create or replace function app_private.can_meter()
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(nullif(current_setting('colloquy.member_role', true), '') in ('owner', 'admin'), false) and app_hidden.has_scope('meter');
$$;
comment on function app_private.can_meter() is 'Whether the caller is believed about usage of the workspace: an owner or admin, with a session or an API key of the scope "meter".';
