-- A bounded bit of an erasure, in one transaction: whoever calls it, calls it again until nothing comes back. What is left is the work,
-- so it may be killed anywhere. A step returns what it did by table; an empty object where it only came further, and null when it is
-- over. Bytes of files are not the database's to remove: with_files waits until the caller has removed them.
create or replace function app_hidden.erase_some(max_rows integer default 1000, besides uuid[] default '{}', with_files boolean default true)
returns table (erasure_id uuid, step text, done jsonb, held_by text, waits_for_files boolean, is_finished boolean)
language plpgsql
security definer
rows 1
set search_path = pg_catalog, pg_temp
as $$
declare
  steps constant text[] := array['grace', 'archives', 'content', 'messages', 'account', 'usage', 'mail', 'queue', 'files', 'person', 'audit', 'words', 'summary',
    'statistics', 'finish'];
  erasure app_hidden.pending_erasures;
begin
  perform app_private.require_batch(max_rows);
  update app_hidden.pending_erasures p set seen_due_at = now()
  where p.step = 'grace' and p.erase_after <= now() and (p.seen_due_at is null or p.seen_due_at > now());
  select p.* into erasure
  from app_hidden.pending_erasures p
  where p.id <> all (besides) and (p.step <> 'grace' or p.erase_after <= now() and p.seen_due_at <= now() - interval '30 minutes')
  order by p.id limit 1 for update skip locked;
  if erasure.id is null then
    return;
  end if;
  erasure_id := erasure.id;
  step := erasure.step;
  waits_for_files := false;
  is_finished := false;
  held_by := case when erasure.step = 'grace' then app_private.end_grace(erasure) else left(coalesce(
    app_private.hold_of_workspaces(erasure.workspaces, erasure.user_id), app_private.move_of_workspaces(erasure.workspaces)
  ), 4000) end;
  if erasure.held_by is distinct from held_by then
    update app_hidden.pending_erasures p set held_by = erase_some.held_by where p.id = erasure.id;
  end if;
  if held_by is not null or erasure.step = 'grace' then
    return next;
    return;
  end if;

  done := case erasure.step
    when 'archives' then app_private.erase_archives(erasure, max_rows)
    when 'content' then app_private.erase_content(erasure, max_rows)
    when 'messages' then app_private.erase_messages(erasure, max_rows)
    when 'account' then app_private.erase_account_rows(erasure, max_rows)
    when 'usage' then app_private.erase_usage(erasure, max_rows)
    when 'mail' then app_private.erase_mail(erasure)
    when 'queue' then app_private.erase_jobs(erasure)
    when 'person' then app_private.erase_person(erasure)
    when 'audit' then app_private.erase_audit_entries(erasure, max_rows)
    when 'words' then app_private.erase_words(erasure, max_rows)
    when 'summary' then app_private.erase_from_summary()
    when 'statistics' then app_private.erase_statistics(erasure)
  end;
  if erasure.step = 'files' and with_files then
    waits_for_files := exists (select from app_hidden.discarded_contents c where c.workspace_id = any (erasure.workspaces));
  end if;
  if erasure.step = 'finish' then
    perform app_private.finish_erasure(erasure);
    is_finished := true;
  elsif done is not null then
    update app_hidden.pending_erasures p set counts = app_private.add_counts(p.counts, done) where p.id = erasure.id;
  elsif not waits_for_files then
    update app_hidden.pending_erasures p
    set step = steps[array_position(steps, erasure.step) + 1], progress = '{}'
    where p.id = erasure.id and p.step = erasure.step;
  end if;
  return next;
end
$$;
comment on function app_hidden.erase_some(integer, uuid[], boolean) is
  'Does a bounded bit of the oldest erasure but these; returns its step, what was done by table, and the legal hold or the move of a workspace that it waits for. No row when there is none. For the job. Error: CQ200.';
grant execute on function app_hidden.erase_some(integer, uuid[], boolean) to colloquy_worker;
