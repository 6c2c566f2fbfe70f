-- One step of retention: a batch of one kind in one workspace, in one transaction, with its entry in the audit log. What is due is asked
-- again behind the locks, so that a hold that was placed and a change that was made meanwhile count. A row that somebody is writing is
-- left for the next run, and so is everything where another run is at the same kind and workspace.
create or replace function app_hidden.apply_retention(
  of_kind app_public.retention_kind, of_workspace uuid, after_id uuid default null, max_rows integer default 1000
)
returns table (removed integer, bytes bigint, last_id uuid, is_done boolean)
language plpgsql
security definer
rows 1
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
declare
  rule record;
  found_ids uuid[];
  times timestamptz[];
  partitions regclass[];
  most integer := case when of_kind in ('conversations', 'documents', 'files') then greatest(max_rows / 20, 1) else max_rows end;
begin
  perform app_private.require_batch(max_rows);
  removed := 0;
  bytes := 0;
  is_done := true;
  if of_workspace is not null then
    perform app_private.lock_holds(of_workspace);
  end if;
  rule := app_private.retention_rule(of_kind, of_workspace);
  if rule.due_before is null
    or not pg_try_advisory_xact_lock(hashtextextended(format('app_hidden.apply_retention %s %s', of_kind, of_workspace), 0))
  then
    return next;
    return;
  end if;
  select array_agg(d.id order by d.id) into found_ids
  from app_private.retention_due(of_kind, of_workspace, rule.due_before, apply_retention.after_id, most) as d;
  is_done := coalesce(cardinality(found_ids), 0) < most;
  last_id := found_ids[cardinality(found_ids)];
  found_ids := app_private.lock_due(of_kind, of_workspace, found_ids);
  if cardinality(found_ids) > 0 then
    select array_agg(d.id), array_agg(d.at), array_agg(d.partition), count(*), coalesce(sum(d.bytes), 0)
    into found_ids, times, partitions, removed, bytes
    from app_private.retention_due(of_kind, of_workspace, rule.due_before, among => found_ids) as d;
  end if;
  if removed > 0 then
    perform app_private.delete_due(of_kind, of_workspace, found_ids, times, partitions);
    perform app_private.log_event(
      'retention.applied', null, of_workspace, 'retention',
      new_values => jsonb_build_object(
        'kind', of_kind, 'removed', removed, 'bytes', bytes, 'before', rule.due_before, 'keep_days', rule.keep_days, 'decided_by', rule.decided_by
      )
    );
  end if;
  return next;
end
$$;
comment on function app_hidden.apply_retention(app_public.retention_kind, uuid, uuid, integer) is
  'Deletes a batch of what is due of a kind in a workspace, or of the audit log of none, after an id. Returns how many, their bytes, the id to go on from, and whether that was all. For the job. Errors: CQ200 a batch that cannot be, CQ700 a kind that deletes nothing, 55P03 somebody holds a lock for ten seconds.';
grant execute on function app_hidden.apply_retention(app_public.retention_kind, uuid, uuid, integer) to colloquy_worker;
