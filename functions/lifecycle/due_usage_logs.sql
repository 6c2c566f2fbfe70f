-- Records of usage whose time has come, from an id on, and the reservations of that time, which are settled or long over. What they add up
-- to stays: totals of users and months, and what budgets spent. What a narrower legal hold keeps is not due. Inlined: no settings.
create or replace function app_private.due_usage_logs(
  for_workspace uuid, due_before timestamptz, after_id uuid, max_rows integer, among uuid[]
)
returns table (id uuid, at timestamptz, bytes bigint, partition regclass)
language sql
stable
as $$
  select u.id, uuid_extract_timestamp(u.id), u.bytes, u.partition
  from (
    select l.id, pg_column_size(l.*)::bigint as bytes, l.tableoid::regclass as partition
    from app_public.usage_logs l
    where l.workspace_id = for_workspace and l.id < app_hidden.uuidv7_floor(due_before)
      and not exists (
        select from app_private.narrow_holds(for_workspace, 'usage_logs') h where h.conversation_id = l.conversation_id or h.user_id = l.user_id
      )
    union all
    select r.id, pg_column_size(r.*)::bigint, null
    from app_public.usage_reservations r
    where r.workspace_id = for_workspace and r.id < app_hidden.uuidv7_floor(due_before)
      and (r.settled_at < due_before or r.settled_at is null and r.expires_at < due_before)
  ) as u
  where (after_id is null or u.id > after_id) and (among is null or u.id = any (among))
  order by u.id
  limit max_rows;
$$;
comment on function app_private.due_usage_logs(uuid, timestamptz, uuid, integer, uuid[]) is
  'Records of usage and reservations of a workspace from before a time; after an id, at most so many, only among some.';
-- Deliberately not granted: app_private.retention_due calls it.
