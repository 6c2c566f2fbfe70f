-- The matrix of tenants, by reading: as a member of each of the two largest workspaces, every table that requests may read shows no row
-- of a workspace that the member does not belong to; and to a visitor it shows no row of any.
create function pg_temp.isolation_breaches()
returns table (subject text, detail text)
language plpgsql
as $$
declare
  actor record;
  each record;
  is_seen boolean;
begin
  for actor in
    select
      m.user_id, m.workspace_id, m.role,
      array(select o.workspace_id from app_public.workspace_members o where o.user_id = m.user_id) as own
    from (
      select distinct on (m.workspace_id) m.workspace_id, m.user_id, m.role::text as role, s.number
      from app_public.workspace_members m
      join (select w.workspace_id, sum(w.row_count) as number from app_private.workspace_storage w group by 1) as s using (workspace_id)
      order by m.workspace_id, m.user_id
    ) as m
    order by m.number desc, m.workspace_id
    limit 2
  loop
    for each in
      select c.oid::regclass as relation
      from pg_catalog.pg_class c
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
      where c.relnamespace = 'app_public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and pg_catalog.has_column_privilege('colloquy_user', c.oid, a.attnum, 'select')
      order by c.relname
    loop
      perform set_config('colloquy.user_id', actor.user_id::text, true), set_config('colloquy.workspace_id', actor.workspace_id::text, true),
        set_config('colloquy.member_role', actor.role, true), set_config('role', 'colloquy_user', true);
      execute format('select exists (select from %s t where t.workspace_id is not null and t.workspace_id <> all ($1))', each.relation)
        into is_seen using actor.own;
      perform set_config('role', 'none', true);
      if is_seen then
        subject := format('%s, as a member of workspace %s', each.relation, actor.workspace_id);
        detail := 'Rows of other workspaces are seen.';
        return next;
      end if;
      perform set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true), set_config('colloquy.member_role', '', true),
        set_config('role', 'colloquy_user', true);
      execute format('select exists (select from %s t where t.workspace_id is not null)', each.relation) into is_seen;
      perform set_config('role', 'none', true);
      if is_seen then
        subject := format('%s, without claims', each.relation);
        detail := 'Rows of workspaces are seen.';
        return next;
      end if;
    end loop;
  end loop;
end
$$;

select distinct
  'isolation' as name,
  'error' as severity,
  b.subject,
  b.detail,
  'Compare its policies with sql/schema/: npm run migrate -- --status' as remedy,
  'docs/operations/restore.md#isolation' as runbook
from pg_temp.isolation_breaches() as b
order by subject;
