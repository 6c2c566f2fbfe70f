-- What the audit log must keep: that something was done, when, and that the same person did it. Who that was, from where, and its words
-- are replaced. The log is append-only for everybody; it is rewritten here, through its partitions, and nowhere else. Every entry is
-- looked at, so many at a time: others may have written the address.
create or replace function app_private.erase_audit_entries(erasure app_hidden.pending_erasures, max_rows integer)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  after_id constant uuid := coalesce((erasure.progress ->> 'after')::uuid, '00000000-0000-0000-0000-000000000000');
  last_id uuid;
  source regclass;
  changed bigint;
  total bigint := 0;
begin
  select max(s.id::text)::uuid into last_id
  from (
    select a.id from app_public.audit_logs a
    where a.id > after_id
    order by a.id
    limit max_rows * 5
  ) as s;
  if last_id is null then
    return null;
  end if;
  for source in
    select distinct a.tableoid::regclass from app_public.audit_logs a
    where a.id > after_id and a.id <= last_id
  loop
    execute format(
      'update %s a
       set user_id = case when a.user_id = $1.user_id then app_private.erased_id($1.audit_salt, $1.user_id) else a.user_id end,
         entity_id = case when a.entity_id = any ($1.whole_workspaces || $1.user_id)
           then app_private.erased_id($1.audit_salt, a.entity_id) else a.entity_id end,
         workspace_id = case when a.workspace_id = any ($1.whole_workspaces)
           then app_private.erased_id($1.audit_salt, a.workspace_id) else a.workspace_id end,
         old_values = app_private.erased_json(a.old_values, $1, o.is_own), new_values = app_private.erased_json(a.new_values, $1, o.is_own),
         ip = case when not o.is_own then a.ip end, request_id = case when not o.is_own then a.request_id end,
         client_request_id = case when not o.is_own then a.client_request_id end
       from (
         select s.id, s.user_id is not distinct from $1.user_id or s.workspace_id = any ($1.whole_workspaces) or s.entity_id = any ($1.whole_workspaces)
           or s.entity_id = $1.user_id or strpos(concat(s.old_values, s.new_values), $1.user_id::text) > 0 as is_own
         from %1$s s
         where s.id > $2 and s.id <= $3 and (
           s.user_id = $1.user_id or s.entity_id = $1.user_id or s.workspace_id = any ($1.whole_workspaces) or s.entity_id = any ($1.whole_workspaces)
           or strpos(lower(concat(s.old_values, s.new_values)), lower($1.subject ->> ''email'')) > 0
           or strpos(concat(s.old_values, s.new_values), $1.user_id::text) > 0
         )
       ) as o
       where a.id = o.id',
      source
    )
    using erasure, after_id, last_id;
    get diagnostics changed = row_count;
    total := total + changed;
  end loop;
  update app_hidden.pending_erasures p set progress = jsonb_build_object('after', last_id) where p.id = erasure.id;
  return jsonb_build_object('audit_logs', total);
end
$$;
comment on function app_private.erase_audit_entries(app_hidden.pending_erasures, integer) is 'Makes the audit log speak of nobody where it spoke of a person, so many entries at a time.';
