-- Policies for users that do not ask the scope of an API key: a key could do there what its scopes exclude. Writing asks
-- can_write() or refuses keys; reading asks a function that knows the scope, as current_workspace_id() does.
select
  'policy_without_scope' as name,
  'error' as severity,
  format('%I.%I: %I', n.nspname, c.relname, p.polname) as subject,
  format('The policy for %s asks no scope.', o.operation) as detail,
  case
    when p.polcmd = 'r' then 'Ask (select app_hidden.can_read()), or compare with (select app_hidden.current_workspace_id()).'
    else 'Ask (select app_hidden.can_write()) as well.'
  end as remedy,
  'docs/doctor.md#policy_without_scope' as runbook
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (
  select case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'everything' end as operation
) as o
-- what a row is looked for by, and what it may become: an insert has the second alone, and an update without it has the first twice
cross join lateral (
  values (p.polqual, p.polcmd <> 'a'), (p.polwithcheck, p.polcmd = 'a' or p.polwithcheck is not null and p.polcmd <> 'r')
) as e (tree, is_asked)
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions')
  and p.polpermissive and e.is_asked
  and exists (
    select from unnest(p.polroles) as r (oid)
    where r.oid = 0 or r.oid in (
      select g.oid from pg_catalog.pg_roles g where g.rolname in ('colloquy_visitor', 'colloquy_user', 'colloquy_admin')
    )
  )
  and coalesce(pg_catalog.pg_get_expr(e.tree, p.polrelid), '') !~ case
    when p.polcmd = 'r' then '\m(can_read|can_manage|is_api_key|current_workspace_id|current_user_workspace_ids)\('
    else '\m(can_write|is_api_key)\('
  end
group by n.nspname, c.relname, p.polname, o.operation, p.polcmd
order by subject;
